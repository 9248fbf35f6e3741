import type { ParityAdapter } from '@hourglass/core/testing';
import { GATConv, type GATConvOptions } from '@hourglass/graph';
import { onEdges, pygAdapter } from './support.js';

export const adapters: ParityAdapter[] = [
  pygAdapter({
    GATConv: onEdges(
      ({ inChannels, outChannels, ...options }) =>
        new GATConv(inChannels as number, outChannels as number, options as GATConvOptions),
      (module, { x, edge_attr: attributes }, edges) => {
        const { value, attention, edges: attended } = module.attend(x!, edges, attributes ?? null);
        return { y: value, attention, att_edge_index: attended.toTensor() };
      },
    ),
  }),
];
