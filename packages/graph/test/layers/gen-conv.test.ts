import { beforeAll, describe } from 'vitest';
import { LayerNorm, ReLU } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { DeepGCNLayer, GENConv, type GENConvOptions } from '@hourglass/graph';
import { keepsToLayerRules } from './properties.js';

beforeAll(() => useTestBackend('wasm'));

describe.each<[string, GENConvOptions]>([
  ['softmax', { learnT: true }],
  ['power mean', { aggr: 'powermean', learnP: true, p: 1.5, norm: 'layer' }],
  ['sum of normed messages', { aggr: 'add', msgNorm: true, learnMsgScale: true, bias: true, norm: null }],
])('GENConv of the %s', (_, options) => {
  keepsToLayerRules({
    make: (generator) => new GENConv(4, 5, { edgeDim: 3, ...options, generator }),
    run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr),
  });
});

describe.each(['res+', 'res', 'dense', 'plain'] as const)('DeepGCNLayer, block %s', (block) => {
  keepsToLayerRules({
    make: (generator) =>
      new DeepGCNLayer(new GENConv(4, 4, { learnT: true, norm: 'layer', generator }), {
        block,
        norm: new LayerNorm(4),
        act: new ReLU(),
      }),
    run: (layer, { x, edges }) => layer.forward(x, edges),
  });
});
