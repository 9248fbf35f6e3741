import type { ParityAdapter } from '@hourglass/core/testing';
import { GCNConv, type GCNConvOptions } from '@hourglass/graph';
import { onEdges, pygAdapter } from './support.js';

export const adapters: ParityAdapter[] = [
  pygAdapter({
    GCNConv: onEdges(
      ({ inChannels, outChannels, ...options }) =>
        new GCNConv(inChannels as number, outChannels as number, options as GCNConvOptions),
      (module, { x, edge_weight: weight }, edges) => ({ y: module.forward(x!, edges, weight ?? null) }),
    ),
  }),
];
