import type { ParityAdapter } from '@hourglass/core/testing';
import { GENConv, type GENConvOptions } from '@hourglass/graph';
import { onEdges, pygAdapter } from './support.js';

export const adapters: ParityAdapter[] = [
  pygAdapter({
    GENConv: onEdges(
      ({ inChannels, outChannels, ...options }) =>
        new GENConv(inChannels as number, outChannels as number, options as GENConvOptions),
      (module, { x, edge_attr: attributes }, edges) => ({ y: module.forward(x!, edges, attributes ?? null) }),
    ),
  }),
];
