import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  GraphClassifier,
  GraphData,
  evaluateGraphClassification,
  graphArchitectures,
  predictGraphs,
  trainGraphClassification,
  type GraphClassifierConfig,
} from '@hourglass/graph';
import { temporaryFolder } from '../files.js';

beforeAll(() => useTestBackend('wasm'));

/** Rings (class 0) and stars (class 1) of random sizes, whose nodes have one and the same feature. */
function shapes(count: number, seed: number): GraphData[] {
  const generator = new Generator(seed);
  return Array.from({ length: count }, (_, g) => {
    const nodes = generator.integer(5, 12);
    const label = g % 2;
    const pairs = Array.from({ length: label === 0 ? nodes : nodes - 1 }, (_, i): [number, number] =>
      label === 0 ? [i, (i + 1) % nodes] : [0, i + 1],
    );
    return new GraphData({
      numNodes: nodes,
      edgeIndex: [pairs.flat(), pairs.flatMap(([u, v]) => [v, u])],
      x: { width: 1, values: new Float32Array(nodes).fill(1) },
      y: [label],
      yOf: 'graph',
      numClasses: 2,
    });
  });
}

const make = (more: Partial<GraphClassifierConfig> = {}) =>
  new GraphClassifier(
    { architecture: 'gin', inChannels: 1, classes: 2, hiddenChannels: 16, numLayers: 2, ...more },
    new Generator(1),
  );

describe('graph classification', () => {
  const [train, test] = [shapes(60, 1), shapes(40, 2)];

  it('tells rings from stars', async () => {
    const before = tf.memory().numTensors;
    const model = make();
    expect((await evaluateGraphClassification(model, test)).accuracy).toBeLessThan(0.8);
    await trainGraphClassification(model, train, { epochs: 10, batchSize: 10, learningRate: 0.01, validation: test });
    const scores = await evaluateGraphClassification(model, test, 7);
    expect(scores.accuracy).toBe(1);
    expect(scores.count).toBe(40);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(graphArchitectures)('runs with %s, and predicts each graph alone as in a batch', async (architecture) => {
    for (const readout of ['sum', 'mean', 'max'] as const) {
      const model = make({ architecture, readout, features: 'degree', inChannels: 4 });
      const { probabilities } = await predictGraphs(model, test.slice(0, 5));
      const alone = await Promise.all(
        test.slice(0, 5).map(async (graph) => (await predictGraphs(model, [graph])).probabilities),
      );
      alone.forEach((row, g) => row.forEach((p, c) => expect(p).toBeCloseTo(probabilities[2 * g + c]!, 5)));
      model.dispose();
    }
  });

  it('loads what it saved', async () => {
    const folder = temporaryFolder();
    const model = make({ classNames: ['ring', 'star'] });
    await model.savePretrained(folder);
    const loaded = await GraphClassifier.fromPretrained(folder);
    expect(loaded.classNames).toEqual(['ring', 'star']);
    expect(await predictGraphs(loaded, test)).toEqual(await predictGraphs(model, test));
    for (const each of [model, loaded]) each.dispose();
  });

  it('says what is missing', async () => {
    const model = make();
    await expect(trainGraphClassification(model, [], { epochs: 1 })).rejects.toThrow(/no graphs to train on/);
    await expect(trainGraphClassification(model, [train[0]!.with({ y: null })], { epochs: 1 })).rejects.toThrow(
      /graph 0 has no class/,
    );
    await expect(evaluateGraphClassification(model, [train[0]!.with({ y: [5] })])).rejects.toThrow(
      /class 5, the model knows 2/,
    );
    expect((await predictGraphs(model, [])).probabilities.length).toBe(0);
  });
});
