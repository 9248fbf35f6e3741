import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, normalTensor, scope, valueAndGradients } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import {
  EdgeIndex,
  RGATConv,
  RGCNConv,
  TypedEdges,
  type RGATConvOptions,
  type RGCNConvOptions,
} from '@hourglass/graph';
import { keepsToLayerRules } from './properties.js';

beforeAll(() => useTestBackend('wasm'));

describe.each<[string, RGCNConvOptions]>([
  ['alone', {}],
  ['with bases', { numBases: 2 }],
  ['with blocks', { numBlocks: 2 }],
  ['with the largest of each relation', { aggr: 'max' }],
])('RGCNConv %s', (_, options) => {
  keepsToLayerRules({
    make: (generator) => new RGCNConv(4, 6, 3, { ...options, generator }),
    run: (layer, { x, typed }) => layer.forward(x, typed),
  });
});

const unused = ['w', 'l1', 'b1', 'l2', 'b2'];
describe.each<[string, RGATConvOptions, string[]]>([
  ['alone', {}, unused],
  ['with bases, within relations', { numBases: 2, attentionMechanism: 'within-relation' }, unused],
  ['multiplicative, of blocks', { numBlocks: 2, attentionMode: 'multiplicative-self-attention', dim: 2 }, unused],
  ['additive mod', { mod: 'additive', concat: false }, ['l1', 'b1', 'l2', 'b2']],
  ['scaled', { mod: 'scaled' }, ['w']],
  ['f-scaled', { mod: 'f-scaled' }, unused],
  ['f-additive', { mod: 'f-additive' }, unused],
])('RGATConv %s', (_, options, withoutGradient) => {
  keepsToLayerRules({
    make: (generator) => new RGATConv(4, 3, 3, { heads: 2, edgeDim: 3, ...options, generator }),
    run: (layer, { x, typed, edgeAttr }) => layer.forward(x, typed, edgeAttr),
    withoutGradient,
  });
});

describe('RGCNConv', () => {
  const nodes = 8;
  const generator = new Generator(5);
  const draw = (count: number, below: number): Int32Array =>
    Int32Array.from({ length: count }, () => generator.integer(0, below));
  // relation 2 has no edge
  const types = draw(20, 4).map((type) => (type === 2 ? 0 : type));

  it.each(['mean', 'add', 'max'] as const)('sums, by %s, what a loop over relations and nodes sums', (aggr) => {
    const edges = new EdgeIndex([draw(20, nodes), draw(20, nodes)], nodes);
    const typed = new TypedEdges(edges, types, 4);
    const layer = new RGCNConv(3, 2, 4, { aggr, numBases: 3, generator });
    scope(() => {
      const x = normalTensor([nodes, 3], 0, 1, generator);
      const values = x.arraySync() as number[][];
      const mixed = tf.reshape(tf.matMul(layer.comp!.value, tf.reshape(layer.weight.value, [3, 6])), [4, 3, 2]);
      const weights = mixed.arraySync() as number[][][];
      const expected = Array.from({ length: nodes }, (_, node) => {
        const sum = [0, 0];
        weights.forEach((matrix, type) => {
          const heard: number[][] = [];
          edges.source.forEach((from, e) => {
            if (types[e] === type && edges.destination[e] === node) heard.push(values[from]!);
          });
          if (heard.length === 0) return;
          for (const [i, row] of matrix.entries()) {
            const column = heard.map((vector) => vector[i]!);
            const total = column.reduce((a, b) => a + b, 0);
            const joined = aggr === 'max' ? Math.max(...column) : aggr === 'mean' ? total / column.length : total;
            row.forEach((weight, o) => (sum[o]! += joined * weight));
          }
        });
        return sum;
      });
      const own = tf.matMul(x, layer.root!.value);
      expectClose(layer.forward(x, typed), tf.add(expected, own), { rtol: 1e-4, atol: 1e-5 });
    });
  });

  it.each<[string, RGCNConvOptions]>([
    ['', {}],
    [' with bases', { numBases: 2 }],
    [' with the largest', { aggr: 'max' }],
  ])('takes rows of its weights for features%s', (_, options) => {
    const edges = new EdgeIndex([draw(20, nodes), draw(20, nodes)], nodes);
    const typed = new TypedEdges(edges, types, 4);
    const layer = new RGCNConv(nodes, 2, 4, { ...options, generator });
    scope(() => {
      const eye = tf.eye(nodes);
      const rows = tf.tensor1d([3, 1, 4, 1, 5, 0, 2, 6], 'int32');
      // a maximum of embeddings is not one of features: there the numbered rows are compared with those in order
      if (options.aggr !== 'max') {
        expectClose(layer.forward(null, typed), layer.forward(eye, typed), { rtol: 1e-4, atol: 1e-5 });
        expectClose(layer.forward(rows, typed), layer.forward(tf.gather(eye, rows), typed), { rtol: 1e-4, atol: 1e-5 });
      }
      const inOrder = tf.range(0, nodes, 1, 'int32');
      expectClose(layer.forward(inOrder, typed), layer.forward(null, typed));
    });
  });

  it.each<RGCNConvOptions>([{}, { numBlocks: 2 }])('has gradients, of zeros, without edges: %o', (options) => {
    const typed = new TypedEdges(new EdgeIndex([[], []], 2), [], 3);
    const layer = new RGCNConv(4, 2, 3, { ...options, rootWeight: false, bias: false, generator });
    scope(() => {
      const { gradients } = valueAndGradients(() => tf.sum(layer.forward(tf.ones([2, 4]), typed)), layer.parameters());
      expect([...gradients.get(layer.weight)!.dataSync()]).toEqual(
        Array.from({ length: layer.weight.variable.size }, () => 0),
      );
    });
  });

  it('says what does not fit', () => {
    expect(() => new RGCNConv(4, 4, 2, { numBases: 2, numBlocks: 2 })).toThrow('take one');
    expect(() => new RGCNConv(4, 3, 2, { numBlocks: 2 })).toThrow('do not divide into 2 blocks');
    const edges = new EdgeIndex([[0], [1]], 2);
    expect(() => new TypedEdges(edges, [0, 1], 2)).toThrow('1 edges and 2 types');
    expect(() => new TypedEdges(edges, [2], 2)).toThrow('[0, 2)');
    const typed = new TypedEdges(edges, [0], 1);
    const layer = new RGCNConv(3, 2, 2);
    expect(() => layer.forward(null, typed)).toThrow('made for 3 nodes without features');
    expect(() => layer.forward(tf.zeros([2, 3]), typed)).toThrow('made for 2 relations, the edges have 1');
  });
});
