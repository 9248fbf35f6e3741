import { BatchNorm1d, Linear, ReLU, Sequential } from '@hourglass/core';
import type { ParityAdapter, ParityCase } from '@hourglass/core/testing';
import { GINConv, GINEConv, type GINConvOptions, type GINEConvOptions } from '@hourglass/graph';
import { onEdges, pygAdapter } from './support.js';

/** Linear, batch norm, ReLU, Linear, as wide as the case's parameters. */
function network({ parameters }: ParityCase): Sequential {
  const linear = (name: string): Linear => {
    const [outputs, inputs] = parameters.get(`nn.${name}.weight`)!.shape;
    return new Linear(inputs!, outputs!);
  };
  const hidden = parameters.get('nn.1.weight')!.shape[0]!;
  return new Sequential(linear('0'), new BatchNorm1d(hidden), new ReLU(), linear('3'));
}

export const adapters: ParityAdapter[] = [
  pygAdapter({
    GINConv: onEdges(
      ({ eps, trainEps }, parityCase) => new GINConv(network(parityCase), { eps, trainEps } as GINConvOptions),
      (module, { x }, edges) => ({ y: module.forward(x!, edges) }),
    ),
    GINEConv: onEdges(
      ({ eps, trainEps, edgeDim }, parityCase) =>
        new GINEConv(network(parityCase), { eps, trainEps, edgeDim } as GINEConvOptions),
      (module, { x, edge_attr: attributes }, edges) => ({ y: module.forward(x!, edges, attributes!) }),
    ),
  }),
];
