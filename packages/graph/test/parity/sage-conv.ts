import type { ParityAdapter } from '@hourglass/core/testing';
import { SAGEConv, type SAGEConvOptions } from '@hourglass/graph';
import { onEdges, pygAdapter } from './support.js';

function make({ inChannels, outChannels, ...options }: Record<string, unknown>): SAGEConv {
  return new SAGEConv(inChannels as number | [number, number], outChannels as number, options as SAGEConvOptions);
}

export const adapters: ParityAdapter[] = [
  pygAdapter({
    SAGEConv: onEdges(make, (module, { x }, edges) => ({ y: module.forward(x!, edges) })),
    'SAGEConv bipartite': onEdges(
      make,
      (module, { xs, xt }, edges) => ({ y: module.forward([xs!, xt!], edges) }),
      ({ xs, xt }) => [xs!.shape[0]!, xt!.shape[0]!],
    ),
  }),
];
