import { beforeAll, describe } from 'vitest';
import { useTestBackend } from '@hourglass/core/testing';
import { GATConv, GCNConv } from '@hourglass/graph';
import { keepsToLayerRules } from './properties.js';

beforeAll(() => useTestBackend('wasm'));

describe('GCNConv', () => {
  keepsToLayerRules({
    make: (generator) => new GCNConv(4, 3, { generator }),
    run: (layer, { x, edges }) => layer.forward(x, edges),
  });
});

// the map comes behind the sum here, before it above
describe('GCNConv to wider features', () => {
  keepsToLayerRules({
    make: (generator) => new GCNConv(4, 7, { generator }),
    run: (layer, { x, edges }) => layer.forward(x, edges),
  });
});

describe('GATConv with attributes of edges', () => {
  keepsToLayerRules({
    make: (generator) => new GATConv(4, 3, { heads: 2, edgeDim: 3, residual: true, generator }),
    run: (layer, { x, edges, edgeAttr }) => layer.forward(x, edges, edgeAttr),
  });
});
