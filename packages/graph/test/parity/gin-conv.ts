import type { ParityAdapter } from '@hourglass/core/testing';
import { GINConv, GINEConv, type GINConvOptions, type GINEConvOptions } from '@hourglass/graph';
import { networkOf, onEdges, pygAdapter } from './support.js';

export const adapters: ParityAdapter[] = [
  pygAdapter({
    GINConv: onEdges(
      ({ eps, trainEps }, parityCase) => new GINConv(networkOf(parityCase, 'nn'), { eps, trainEps } as GINConvOptions),
      (module, { x }, edges) => ({ y: module.forward(x!, edges) }),
    ),
    GINEConv: onEdges(
      ({ eps, trainEps, edgeDim }, parityCase) =>
        new GINEConv(networkOf(parityCase, 'nn'), { eps, trainEps, edgeDim } as GINEConvOptions),
      (module, { x, edge_attr: attributes }, edges) => ({ y: module.forward(x!, edges, attributes!) }),
    ),
  }),
];
