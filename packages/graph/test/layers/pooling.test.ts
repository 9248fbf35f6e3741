import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { disposeAfterGradients, functional, Generator, normalTensor, scope, Module } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import {
  ASAPooling,
  EdgeIndex,
  EdgePooling,
  GCNConv,
  globalAddPool,
  globalMaxPool,
  globalMeanPool,
  SAGPooling,
  TopKPooling,
  type PooledGraph,
} from '@hourglass/graph';
import { keepsToLayerRules, type LayerFacts } from './properties.js';

beforeAll(() => useTestBackend('wasm'));

/** What a pooled graph is, whatever its nodes are called: features summed over nodes, and over edges. */
function summary(pooled: PooledGraph): tf.Tensor {
  const y = scope(() => {
    const along = functional.spmm(pooled.edges.adjacency, pooled.edgeAttr, pooled.x);
    return tf.concat([tf.sum(pooled.x, 0), tf.sum(tf.square(along), 0)]);
  });
  disposeAfterGradients(pooled);
  return y;
}

const pools: Record<string, LayerFacts<Module>> = {
  'TopKPooling by share': facts(
    (generator) => new TopKPooling(4, { ratio: 0.6, generator }),
    (layer, { x, edges }) => layer.forward(x, edges),
  ),
  'TopKPooling by score': facts(
    (generator) => new TopKPooling(4, { minScore: 0.1, multiplier: 3, generator }),
    (layer, { x, edges }) => layer.forward(x, edges),
  ),
  'SAGPooling by share': facts(
    (generator) => new SAGPooling(4, { ratio: 0.5, minScore: null, generator }),
    (layer, { x, edges }) => layer.forward(x, edges),
    // a projection of one number, divided by its length, is a sign
    ['select.weight'],
  ),
  'SAGPooling by score, with another layer': facts(
    (generator) => new SAGPooling(4, { minScore: 0.12, gnn: (...widths) => new GCNConv(...widths), generator }),
    (layer, { x, edges }) => layer.forward(x, edges),
    // moves all scores alike
    ['gnn.bias'],
  ),
  ASAPooling: facts(
    (generator) => new ASAPooling(4, { gnn: (...widths) => new GCNConv(...widths), generator }),
    (layer, { x, edges, edgeAttr }) =>
      layer.forward(x, edges, { edgeAttr: tf.exp(tf.reshape(tf.slice(edgeAttr, [0, 0], [-1, 1]), [-1])) }),
    // only its choice counts; and a softmax does not see what all scores share
    ['select.weight', 'att.bias', 'lin.bias'],
  ),
  EdgePooling: facts(
    (generator) => new EdgePooling(4, { edgeScore: 'sigmoid', generator }),
    (layer, { x, edges }) => layer.forward(x, edges),
  ),
};

function facts<M extends Module>(
  make: (generator: Generator) => M,
  pool: (layer: M, example: Parameters<LayerFacts<M>['run']>[1]) => PooledGraph,
  withoutGradient: readonly string[] = [],
): LayerFacts<Module> {
  return {
    withoutGradient,
    make,
    run: (layer, example) => summary(pool(layer as M, example)),
    gives: 'graph',
  };
}

describe.each(Object.entries(pools))('%s', (_, given) => keepsToLayerRules(given));

/** Graphs of 3, 0, 1 and 2 nodes, in a mixed order; the lonely node has a loop. */
function batchOf(): { x: tf.Tensor; edges: EdgeIndex; batch: functional.Segments } & Disposable {
  const x = normalTensor([6, 2], 0, 1, new Generator(2));
  const edges = new EdgeIndex([
    [0, 2, 3, 5, 1, 5],
    [2, 5, 3, 0, 4, 2],
  ], 6); // prettier-ignore
  const batch = new functional.Segments([0, 3, 0, 2, 3, 0], 4);
  return {
    x,
    edges,
    batch,
    [Symbol.dispose]() {
      x.dispose();
      edges.dispose();
      batch.dispose();
    },
  };
}

describe('pooling of a batch with an empty graph', () => {
  it('keeps nodes of each graph, the best first', () => {
    using given = batchOf();
    const pool = new TopKPooling(2, { ratio: 0.5, generator: new Generator(3) });
    const scores = scope(() =>
      tf
        .tanh(tf.div(tf.sum(tf.mul(given.x, pool.select.weight.value), 1), tf.norm(pool.select.weight.value)))
        .dataSync(),
    );
    const best = [0, 2, 5].sort((a, b) => scores[b]! - scores[a]!).slice(0, 2);
    const perm = [...best, 3, scores[1]! > scores[4]! ? 1 : 4];
    const pooled = pool.forward(given.x, given.edges, { batch: given.batch });
    expect([...pooled.perm]).toEqual(perm);
    expect([...pooled.batch.values.ids]).toEqual([0, 0, 2, 3]);
    expect(pooled.batch.size).toBe(4);
    scope(() =>
      expectClose(pooled.x, tf.mul(tf.gather(given.x, perm), tf.expandDims(tf.gather(tf.tensor1d(scores), perm), 1))),
    );
    // edges between kept nodes, by their new numbers
    const kept = Array.from(given.edges.source, (from, e) => [
      perm.indexOf(from),
      perm.indexOf(given.edges.destination[e]!),
    ]);
    expect(Array.from(pooled.edges.source, (from, e) => [from, pooled.edges.destination[e]!])).toEqual(
      kept.filter(([from, to]) => from !== -1 && to !== -1),
    );
    tf.dispose([pooled.x, pooled.score]);
    pooled.dispose();
    pool.dispose();
  });

  it('carries attributes of edges, by other scores than the features', () => {
    using given = batchOf();
    const pool = new TopKPooling(1, { ratio: 2, generator: new Generator(3) });
    scope(() => {
      const attn = tf.mul(tf.sign(pool.select.weight.value), tf.tensor2d([3, 2, 6, 1, 5, 4], [6, 1]));
      const pooled = pool.forward(given.x, given.edges, {
        batch: given.batch,
        attn,
        edgeAttr: tf.range(0, 6),
      });
      expect([...pooled.perm]).toEqual([2, 5, 3, 4, 1]);
      expect([...pooled.edgeAttr!.dataSync()]).toEqual([1, 2, 4, 5]);
      pooled.dispose();
    });
    pool.dispose();
  });

  it('merges every node once, and takes the merge back', () => {
    using given = batchOf();
    const pool = new EdgePooling(2, { generator: new Generator(3) });
    scope(() => {
      const pooled = pool.forward(given.x, given.edges, given.batch);
      // the loop of node 3 is a merge of its own; of the triangle one node stays alone
      expect(pooled.x.shape).toEqual([4, 2]);
      expect([...pooled.batch.values.ids].sort()).toEqual([0, 0, 2, 3]);
      const sums = functional.segmentSum(given.x, pooled.clusters);
      expectClose(pooled.x, tf.mul(sums, tf.expandDims(pooled.score, 1)));
      expectClose(pool.unpool(pooled.x, pooled), functional.segmentGather(sums, pooled.clusters), { rtol: 1e-5 });
      const pairs = Array.from(pooled.edges.source, (from, e) => `${from} ${pooled.edges.destination[e]!}`);
      expect(new Set(pairs).size).toBe(pairs.length);
      pooled.dispose();
    });
    pool.dispose();
  });

  it('gives zeros for the empty graph', () => {
    using given = batchOf();
    scope(() => {
      for (const pool of [globalAddPool, globalMeanPool, globalMaxPool]) {
        const y = pool(given.x, given.batch).arraySync() as number[][];
        expect(y[1]).toEqual([0, 0]);
        expect(y[2]).toEqual(Array.from(given.x.dataSync().slice(6, 8)));
      }
    });
  });
});

it('ASAPooling gives its layer the weights of the edges, its loops of 1 among them', () => {
  using given = batchOf();
  let heard: Float32Array | undefined;
  class Listening extends Module {
    forward(x: tf.Tensor, _: EdgeIndex, weight: tf.Tensor | null): tf.Tensor {
      heard = weight!.dataSync<'float32'>();
      return x;
    }
  }
  const pool = new ASAPooling(2, { gnn: () => new Listening() });
  const pooled = scope(() => pool.forward(given.x, given.edges, { edgeAttr: tf.range(2, 8) }));
  // the lonely node's loop, number 2, keeps its weight
  expect([...heard!]).toEqual([2, 3, 5, 6, 7, 1, 1, 1, 4, 1, 1]);
  tf.dispose([pooled.x, pooled.score, pooled.edgeAttr!]);
  pooled.dispose();
  pool.dispose();
});

describe('pooling of what is hardly a graph', () => {
  it('of no nodes gives none', () => {
    const edges = new EdgeIndex([[], []], 0);
    scope(() => {
      for (const pool of [
        new TopKPooling(3, { ratio: 0.5 }),
        new TopKPooling(3, { minScore: 0.5 }),
        new EdgePooling(3),
      ]) {
        const pooled = pool.forward(tf.zeros([0, 3]), edges);
        expect(pooled.x.shape).toEqual([0, 3]);
        expect(pooled.edges.edges).toBe(0);
        pooled.dispose();
        pool.dispose();
      }
    });
    edges.dispose();
  });

  it('without edges keeps nodes all the same', () => {
    const edges = new EdgeIndex([[], []], 3);
    scope(() => {
      const top = new TopKPooling(2, { ratio: 0.01 }).forward(tf.ones([3, 2]), edges);
      expect([...top.perm]).toEqual([0]);
      top.dispose();
      const merged = new EdgePooling(2).forward(tf.ones([3, 2]), edges);
      expect(merged.x.shape).toEqual([3, 2]);
      merged.dispose();
    });
    edges.dispose();
  });

  it('keeps all where more are asked for than there are', () => {
    const edges = new EdgeIndex([[0], [1]], 2);
    scope(() => {
      const pooled = new TopKPooling(2, { ratio: 1000 }).forward(tf.ones([2, 2]), edges);
      expect([...pooled.perm]).toEqual([0, 1]);
      pooled.dispose();
    });
    edges.dispose();
  });

  it.each([0, -0.5, 1.5, NaN, Infinity])('refuses a ratio of %d', (ratio) => {
    expect(() => new TopKPooling(2, { ratio })).toThrow(/ratio must be a share between 0 and 1, or a whole number/);
  });

  it('refuses other wrong options', () => {
    expect(() => new TopKPooling(2, { ratio: null })).toThrow(/needs a ratio or a minScore/);
    expect(() => new TopKPooling(2, { nonlinearity: 'wavy' })).toThrow(/unknown activation 'wavy'/);
    const edges = new EdgeIndex([[0], [1]], 2);
    scope(() => {
      expect(() => new TopKPooling(2).forward(tf.ones([2, 3]), edges)).toThrow(
        /pooling takes \[2 nodes, 2\], got \[2, 3\]/,
      );
      expect(() => new TopKPooling(2).forward(tf.ones([3, 2]), edges)).toThrow(/features \[2 nodes/);
      expect(() => new EdgePooling(2).forward(tf.ones([2, 3]), edges)).toThrow(/features \[2 nodes, 2\]/);
    });
    edges.dispose();
  });
});
