import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, Linear, loadStateDict, normalTensor, scope, stateDict } from '@hourglass/core';
import { expectClose, expectGradient, useTestBackend } from '@hourglass/core/testing';
import {
  denseDiffPool,
  DenseGATConv,
  DenseGCNConv,
  DenseGINConv,
  DenseGraphConv,
  denseMincutPool,
  DenseSAGEConv,
  DMoNPooling,
  EdgeIndex,
  GATConv,
  GCNConv,
  SAGEConv,
  toDenseAdjacency,
} from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

// without loops and duplicates, which dense matrices add up; node 5 is alone
const source = [0, 1, 2, 3, 4, 0, 2];
const destination = [1, 2, 0, 1, 3, 4, 4];
const features = (): tf.Tensor => normalTensor([6, 3], 0, 1, new Generator(4));
const random = (): { generator: Generator } => ({ generator: new Generator(9) });

/** Row i of a dense layer's matrix lists what reaches node i: the edges turned round. */
const matrix = (edges: EdgeIndex): tf.Tensor => tf.transpose(toDenseAdjacency(edges), [0, 2, 1]);

describe('dense convolutions', () => {
  it('are those of edges', () => {
    const edges = new EdgeIndex([source, destination], 6);
    scope(() => {
      const x = features();
      const gcn = new GCNConv(3, 2, random());
      expectClose(tf.squeeze(new DenseGCNConv(3, 2, random()).forward(x, matrix(edges)), [0]), gcn.forward(x, edges), {
        rtol: 1e-5,
        atol: 1e-6,
      });
      const gat = new GATConv(3, 2, { heads: 2, ...random() });
      const dense = new DenseGATConv(3, 2, { heads: 2, ...random() });
      dense.lin.weight.assign(gat.lin!.weight.value);
      for (const name of ['att_src', 'att_dst'] as const) dense[name].assign(tf.expandDims(gat[name].value, 0));
      expectClose(tf.squeeze(dense.forward(x, matrix(edges)), [0]), gat.forward(x, edges), { rtol: 1e-5, atol: 1e-6 });
      const sage = new SAGEConv(3, 2, random());
      const denseSage = new DenseSAGEConv(3, 2, random());
      denseSage.lin_rel.weight.assign(sage.lin_l.weight.value);
      denseSage.lin_root.weight.assign(sage.lin_r!.weight.value);
      denseSage.lin_root.bias!.assign(sage.lin_l.bias!.value);
      expectClose(tf.squeeze(denseSage.forward(x, matrix(edges)), [0]), sage.forward(x, edges), {
        rtol: 1e-5,
        atol: 1e-6,
      });
    });
    edges.dispose();
  });

  const layers = {
    DenseGCNConv: () => new DenseGCNConv(3, 2, random()),
    DenseSAGEConv: () => new DenseSAGEConv(3, 2, { normalize: true, ...random() }),
    'DenseGraphConv of sums': () => new DenseGraphConv(3, 2, random()),
    'DenseGraphConv of maxima': () => new DenseGraphConv(3, 2, { aggr: 'max', ...random() }),
    DenseGINConv: () => new DenseGINConv(new Linear(3, 2, random())),
    DenseGATConv: () => new DenseGATConv(3, 2, { heads: 3, concat: false, ...random() }),
  };

  it.each(Object.entries(layers))('%s follows a renumbering, graph by graph, and masks what is no node', (_, make) => {
    const edges = new EdgeIndex([source, destination], 6);
    scope(() => {
      const layer = make();
      const renamed = [3, 0, 5, 1, 4, 2];
      const [x, adj] = [tf.expandDims(features(), 0), matrix(edges)];
      const y = layer.forward(x, adj);
      // both graphs at once: as it is, and with other numbers
      const turned = (t: tf.Tensor, axis: number): tf.Tensor => tf.gather(t, renamed, axis);
      const both = layer.forward(tf.concat([x, turned(x, 1)]), tf.concat([adj, turned(turned(adj, 1), 2)]), {
        mask: tf.tensor2d([[1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]], [2, 6], 'bool'), // prettier-ignore
      });
      const [first, second] = tf.unstack(both);
      expectClose(second!, tf.gather(tf.squeeze(y, [0]), renamed), { rtol: 1e-5, atol: 1e-6 });
      const [nodes, padding] = tf.split(first!, [5, 1]);
      expectClose(nodes!, tf.slice(tf.squeeze(y, [0]), 0, 5), { rtol: 1e-5, atol: 1e-6 });
      expect(padding!.dataSync().every((value) => value === 0)).toBe(true);
      expect([...y.dataSync()].every(Number.isFinite)).toBe(true);
      expectGradient((x) => layer.forward(x!, adj), [x]);
    });
    edges.dispose();
  });

  it.each(Object.entries(layers))('%s takes one matrix for all graphs', (_, make) => {
    const edges = new EdgeIndex([source, destination], 6);
    scope(() => {
      const layer = make();
      const x = tf.stack([features(), tf.square(features())]);
      const adj = matrix(edges);
      const both = tf.concat([adj, adj]);
      const near = { rtol: 1e-5, atol: 1e-6 };
      expectClose(layer.forward(x, adj), layer.forward(x, both), near);
      const gradient = (adj: tf.Tensor): tf.Tensor => tf.grad((x) => tf.sum(tf.square(layer.forward(x, adj))))(x);
      expectClose(gradient(adj), gradient(both), near);
    });
    edges.dispose();
  });

  it('give a node without neighbours its own part only', () => {
    scope(() => {
      const y = new DenseGATConv(3, 2, random()).forward(tf.ones([2, 3]), tf.zeros([2, 2]), { addLoop: false });
      expect([...y.dataSync()]).toEqual([0, 0, 0, 0]);
    });
  });
});

describe('dense pooling', () => {
  // two triangles, joined by an edge
  const pairs = [[0, 1], [1, 2], [2, 0], [3, 4], [4, 5], [5, 3], [2, 3]]; // prettier-ignore
  const adjacency = (): tf.Tensor => {
    const values = tf.buffer([6, 6]);
    for (const [a, b] of pairs) {
      values.set(1, a!, b!);
      values.set(1, b!, a!);
    }
    return values.toTensor();
  };
  const assignment = (clusters: readonly number[]): tf.Tensor =>
    tf.tensor2d(clusters.map((own) => [0, 1].map((cluster) => (cluster === own ? 20 : -20))));

  it('scores the right clusters better than wrong ones', () => {
    scope(() => {
      const [x, adj] = [features(), adjacency()];
      const [right, wrong] = [assignment([0, 0, 0, 1, 1, 1]), assignment([0, 1, 0, 1, 0, 1])];
      const of = (t: tf.Tensor): number => t.dataSync()[0]!;
      // 7 edges, one of them between the clusters: 12 of 14 ends within
      expect(of(denseMincutPool(x, adj, right).mincutLoss)).toBeCloseTo(-12 / 14, 5);
      expect(of(denseMincutPool(x, adj, right).orthogonalityLoss)).toBeCloseTo(0, 5);
      expect(of(denseMincutPool(x, adj, wrong).mincutLoss)).toBeGreaterThan(-0.5);
      const [good, bad] = [denseDiffPool(x, adj, right), denseDiffPool(x, adj, wrong)];
      expect(of(good.linkLoss)).toBeLessThan(of(bad.linkLoss));
      expect(of(good.entropyLoss)).toBeCloseTo(0, 5);
      expectClose(tf.squeeze(good.x, [0]), tf.stack([tf.sum(tf.slice(x, 0, 3), 0), tf.sum(tf.slice(x, 3, 3), 0)]), {
        atol: 1e-5,
      });
      expectClose(tf.squeeze(good.adj, [0]), tf.tensor2d([[6, 1], [1, 6]]), { atol: 1e-5 }); // prettier-ignore
    });
  });

  it('finds the modularity', () => {
    scope(() => {
      const pool = new DMoNPooling(3, 2, random());
      // features say which triangle, so that the map can assign by them
      const x = tf.tensor2d([[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0]]); // prettier-ignore
      pool.mlp.lins.at(0).weight.assign(tf.tensor2d([[40, -40], [-40, 40], [0, 0]])); // prettier-ignore
      pool.mlp.lins.at(0).bias!.assign(tf.zeros([2]));
      const { spectralLoss, clusterLoss, orthogonalityLoss } = pool.forward(x, adjacency());
      // 12/14 of the ends within, 1/2 by chance
      expect(spectralLoss.dataSync()[0]).toBeCloseTo(-(12 / 14 - 1 / 2), 5);
      expect(clusterLoss.dataSync()[0]).toBeCloseTo(0, 5);
      expect(orthogonalityLoss.dataSync()[0]).toBeCloseTo(0, 5);
    });
  });

  it('takes one matrix for all graphs', () => {
    scope(() => {
      const x = tf.stack([features(), tf.square(features())]);
      const s = normalTensor([2, 6, 2], 0, 1, new Generator(6));
      const [one, two] = [tf.expandDims(adjacency(), 0), tf.stack([adjacency(), adjacency()])];
      const pool = new DMoNPooling(3, 2, random());
      const of = (adj: tf.Tensor): tf.Tensor[] => {
        const { x: features, adj: joined, mincutLoss } = denseMincutPool(x, adj, s);
        const { spectralLoss, clusterLoss } = pool.forward(x, adj);
        return [
          features,
          joined,
          mincutLoss,
          spectralLoss,
          clusterLoss,
          denseDiffPool(x, adj, s, { normalize: false }).linkLoss,
        ];
      };
      const [a, b] = [of(one), of(two)];
      a.forEach((value, i) => expectClose(value, b[i]!, { rtol: 1e-5, atol: 1e-6 }));
    });
  });

  it('has finite gradients where clusters have no neighbours', () => {
    scope(() => {
      const s = normalTensor([6, 2], 0, 1, new Generator(3));
      const gradient = tf.grad((s) => {
        const { adj } = denseMincutPool(features(), tf.eye(6), s);
        return tf.sum(adj);
      })(s);
      expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
      const isolated = tf.grad((s) => tf.sum(denseMincutPool(features(), tf.zeros([6, 6]), s).adj))(s);
      expect([...isolated.dataSync()].every((value) => value === 0)).toBe(true);
    });
  });

  it('refuses wrong shapes and too many nodes', () => {
    scope(() => {
      expect(() => denseDiffPool(tf.ones([2, 3]), tf.ones([2, 3]), tf.ones([2, 2]))).toThrow(/adjacency matrices/);
      expect(() => denseDiffPool(tf.ones([2, 3]), tf.ones([2, 2]), tf.ones([3, 2]))).toThrow(
        /assignments must be \[1, 2, clusters\]/,
      );
      expect(() => denseMincutPool(tf.ones([2, 3]), tf.ones([2, 2]), tf.ones([2, 2]), { temperature: 0 })).toThrow(
        /temperature/,
      );
      expect(() => new DMoNPooling(3, 0)).toThrow(/number of clusters must be a positive whole number, got 0/);
      const mask = tf.ones([1, 3], 'bool');
      expect(() => new DenseGCNConv(3, 2).forward(tf.ones([2, 3]), tf.ones([2, 2]), { mask })).toThrow(
        /a mask of 1 graphs with 2 nodes/,
      );
      const many = new EdgeIndex([[0], [1]], 5001);
      expect(() => toDenseAdjacency(many)).toThrow(/5001 nodes; a dense matrix of more than 5000/);
      many.dispose();
    });
  });
});

it('saves and loads like any module', () => {
  const [a, b] = [new DenseGATConv(3, 2, random()), new DenseGATConv(3, 2)];
  loadStateDict(b, stateDict(a));
  scope(() => expectClose(b.forward(tf.ones([2, 3]), tf.ones([2, 2])), a.forward(tf.ones([2, 3]), tf.ones([2, 2]))));
  a.dispose();
  b.dispose();
});
