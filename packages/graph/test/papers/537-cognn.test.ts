import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, scope, valueAndGradients } from '@hourglass/core';
import { capability, expectClose, useTestBackend } from '@hourglass/core/testing';
import { CoGNN, EdgeIndex, type CoGNNOptions } from '@hourglass/graph';
import { keepsToLayerRules } from '../layers/properties.js';
import { descend } from './descend.js';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

/** Trees: a root's answer is the mean of the features of those of its neighbours that have 6 neighbours. */
interface Trees {
  readonly x: tf.Tensor;
  readonly edges: EdgeIndex;
  readonly roots: tf.Tensor1D;
  /** [roots, features] */
  readonly answers: tf.Tensor;
  dispose(): void;
}

function rootNeighbours(count: number, generator: Generator): Trees {
  const [source, destination, roots]: number[][] = [[], [], []];
  const [features, answers]: number[][][] = [[], []];
  const node = (): number => features!.push([generator.uniform(-2, 2), generator.uniform(-2, 2)]) - 1;
  const join = (a: number, b: number): void => {
    source!.push(a, b);
    destination!.push(b, a);
  };
  for (let tree = 0; tree < count; tree++) {
    const root = node();
    roots!.push(root);
    const asked: number[][] = [];
    const children = generator.integer(3, 6);
    for (let i = 0; i < children; i++) {
      const child = node();
      join(root, child);
      const degree = i === 0 || generator.uniform(0, 1) < 0.4 ? 6 : generator.integer(1, 4);
      if (degree === 6) asked.push(features![child]!);
      for (let leaf = 1; leaf < degree; leaf++) join(child, node());
    }
    answers!.push([0, 1].map((axis) => asked.reduce((sum, row) => sum + row[axis]!, 0) / asked.length));
  }
  const edges = new EdgeIndex([source!, destination!], features!.length);
  const tensors = { x: tf.tensor2d(features!), roots: tf.tensor1d(roots!, 'int32'), answers: tf.tensor2d(answers!) };
  return {
    ...tensors,
    edges,
    dispose() {
      edges.dispose();
      tf.dispose(tensors);
    },
  };
}

const sizes = { inChannels: 2, hiddenChannels: 16, outChannels: 2, numLayers: 2 } as const;

describe('CoGNN', () => {
  keepsToLayerRules({
    make: (generator) => new CoGNN({ ...sizes, inChannels: 4, layerNorm: true, learnTemperature: true, generator }),
    run: (model, { x, edges }) => model.forward(x, edges),
  });
});

describe('Cooperative graph networks (537)', () => {
  it.each<Partial<CoGNNOptions>>([
    { environment: 'mean' },
    { environment: 'sum', action: 'mean', skip: true },
    { environment: 'gcn', action: 'gcn', actionLayers: 2, layerNorm: true },
  ])('are the plain network when every node does the standard thing: %o', (options) => {
    const generator = new Generator(1);
    const model = new CoGNN({ ...sizes, ...options, generator });
    // logits by which nobody does anything else
    for (const { net } of [model.in_act_net, model.out_act_net]) {
      net
        .at(-1)
        .parameters()
        .find(({ shape }) => shape.length === 1)!
        .assign(tf.tensor1d([1e4, 0]));
    }
    const trees = rootNeighbours(5, generator);
    scope(() => {
      const { value, layers } = model.observe(trees.x, trees.edges);
      expectClose(value, model.environment(trees.x, trees.edges));
      expect(layers.length).toBe(2);
      for (const { edgeWeight } of layers) expect(tf.min(edgeWeight).dataSync()[0]).toBe(1);
    });
    trees.dispose();
    model.dispose();
  });

  it('hear nobody where no node listens, and change nothing by who is isolated', () => {
    const generator = new Generator(2);
    const model = new CoGNN({ ...sizes, environment: 'sum', generator });
    model.in_act_net.net
      .at(-1)
      .parameters()
      .find(({ shape }) => shape.length === 1)!
      .assign(tf.tensor1d([0, 1e4]));
    const trees = rootNeighbours(5, generator);
    const nobody = new EdgeIndex([[], []], trees.edges.nodes);
    scope(() => expectClose(model.forward(trees.x, trees.edges), model.environment(trees.x, nobody)));
    nobody.dispose();
    trees.dispose();
    model.dispose();
  });

  it('pass gradients through their choices', () => {
    const generator = new Generator(3);
    const model = new CoGNN({ ...sizes, generator });
    const trees = rootNeighbours(20, generator);
    scope(() => {
      const { gradients } = valueAndGradients(
        () => tf.mean(tf.square(model.forward(trees.x, trees.edges))),
        model.parameters(),
      );
      for (const network of [model.in_act_net, model.out_act_net]) {
        for (const parameter of network.parameters()) {
          expect(tf.max(tf.abs(gradients.get(parameter)!)).dataSync()[0]).toBeGreaterThan(0);
        }
      }
    });
    trees.dispose();
    model.dispose();
  });

  it.skipIf(training.isMissing)(
    training.title('answer for the right neighbours where the same network without actions cannot'),
    () => {
      const generator = new Generator(7);
      const [train, test] = [rootNeighbours(80, generator), rootNeighbours(80, generator)];
      const error = (y: tf.Tensor, { roots, answers }: Trees): tf.Tensor =>
        tf.mean(tf.abs(tf.sub(tf.gather(y, roots), answers)));
      const trained = (predict: (model: CoGNN, trees: Trees) => tf.Tensor): { model: CoGNN; tested: number } => {
        const model = new CoGNN({ ...sizes, temperature: 0.5, generator: new Generator(5) });
        descend(model, 130, () => error(predict(model, train), train), 1e-2);
        model.eval();
        return { model, tested: scope(() => error(predict(model, test), test).dataSync()[0]!) };
      };
      const plain = trained((model, { x, edges }) => model.environment(x, edges));
      const cooperative = trained((model, { x, edges }) => model.forward(x, edges));
      console.log(
        `MAE at the roots: with actions ${cooperative.tested.toFixed(3)}, without ${plain.tested.toFixed(3)}`,
      );
      expect(cooperative.tested).toBeLessThan(plain.tested * 0.6);
      scope(() => {
        const { edges, roots } = test;
        const { layers } = cooperative.model.observe(test.x, edges);
        const kept = layers.map(({ edgeWeight }) => edgeWeight.dataSync());
        // edges come in pairs, one each way: of some only one is kept
        const oneWay = kept.map(
          (weights) =>
            weights.filter((weight, e) => e % 2 === 0 && weight !== weights[e + 1]).length / (edges.edges / 2),
        );
        const changed = kept[0]!.filter((weight, e) => weight !== kept[1]![e]).length / edges.edges;
        // what comes to the roots in the layer that hears selectively is from the neighbours that are asked for
        const degree = new Int32Array(edges.nodes);
        for (const node of edges.source) degree[node]!++;
        const isRoot = new Set(roots.dataSync());
        const heard = kept.map((weights) =>
          [true, false].map((asked) => {
            const own = [...weights].filter(
              (_, e) => isRoot.has(edges.destination[e]!) && (degree[edges.source[e]!] === 6) === asked,
            );
            return own.reduce((sum, weight) => sum + weight, 0) / own.length;
          }),
        );
        expect(Math.max(...oneWay)).toBeGreaterThan(0.3);
        expect(changed).toBeGreaterThan(0.02);
        expect(
          heard.some(([asked, others]) => asked! > 0.9 && others! < 0.1),
          JSON.stringify(heard),
        ).toBe(true);
      });
      for (const made of [plain.model, cooperative.model, train, test]) made.dispose();
    },
  );
});
