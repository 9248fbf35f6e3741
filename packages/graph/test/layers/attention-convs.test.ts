import { beforeAll, describe } from 'vitest';
import { useTestBackend } from '@hourglass/core/testing';
import { GATv2Conv, TransformerConv } from '@hourglass/graph';
import { keepsToLayerRules } from './properties.js';

beforeAll(() => useTestBackend('wasm'));

describe('GATv2Conv with attributes of edges', () => {
  keepsToLayerRules({
    make: (generator) => new GATv2Conv(4, 3, { heads: 2, edgeDim: 3, residual: true, generator }),
    run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr),
  });
});

describe('TransformerConv with attributes of edges', () => {
  keepsToLayerRules({
    make: (generator) => new TransformerConv(4, 3, { heads: 2, edgeDim: 3, beta: true, generator }),
    run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr),
    // every score at a node is shifted alike
    withoutGradient: ['lin_key.bias'],
  });
});
