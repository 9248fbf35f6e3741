import type { ParityAdapter } from '@hourglass/core/testing';
import { TransformerConv, type TransformerConvOptions } from '@hourglass/graph';
import { onEdges, pygAdapter } from './support.js';

export const adapters: ParityAdapter[] = [
  pygAdapter({
    TransformerConv: onEdges(
      ({ inChannels, outChannels, ...options }) =>
        new TransformerConv(inChannels as number, outChannels as number, options as TransformerConvOptions),
      (module, { x, edge_attr: attributes }, edges) => {
        const { value, attention } = module.attend(x!, edges, attributes ?? null);
        return { y: value, attention };
      },
    ),
  }),
];
