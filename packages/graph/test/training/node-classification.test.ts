import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, manualSeed } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  GraphData,
  NodeClassifier,
  evaluateNodeClassification,
  likeliest,
  nodeArchitectures,
  predictNodes,
  randomNodeSplit,
  trainNodeClassification,
  type NodeClassifierConfig,
  type NodeSampling,
} from '@hourglass/graph';
import { openGraph } from '@hourglass/graph/node';
import { onData, temporaryFolder } from '../files.js';
import { communities } from '../generated.js';

beforeAll(() => useTestBackend('wasm'));

/** Features alone say little here, neighbours much. */
const graph: GraphData = randomNodeSplit(communities({ nodes: 200, within: 0.2, between: 0.01, signal: 0.7 }), {
  trainPerClass: 10,
  val: 40,
  test: 100,
  generator: new Generator(3),
});

const make = (architecture: NodeClassifierConfig['architecture'], more: Partial<NodeClassifierConfig> = {}) =>
  new NodeClassifier({ architecture, inChannels: 8, classes: 4, features: 'raw', ...more }, new Generator(1));

async function testAccuracy(model: NodeClassifier, sampling?: NodeSampling, epochs = 60): Promise<number> {
  await trainNodeClassification(model, graph, {
    epochs,
    fit: { validateEvery: { epochs: 20 } },
    ...(sampling && { sampling }),
  });
  return (await evaluateNodeClassification(model, graph)).accuracy;
}

describe('node classification', () => {
  it('learns from neighbours what features alone do not tell, with every architecture', async () => {
    const before = tf.memory().numTensors;
    const scores: Record<string, number> = {};
    for (const architecture of nodeArchitectures.filter((name) => name !== 'rgcn')) {
      const model = make(architecture);
      scores[architecture] = await testAccuracy(model);
      model.dispose();
    }
    for (const [architecture, accuracy] of Object.entries(scores)) {
      if (architecture !== 'mlp') expect(accuracy, architecture).toBeGreaterThan(scores['mlp']! + 0.1);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each<[string, NodeSampling]>([
    ['neighbours', { fanOuts: [8, 8], batchSize: 20, threads: 1 }],
    ['clusters', { clusters: 8, batchSize: 2 }],
  ])('learns from sampled %s as well', async (_, sampling) => {
    const before = tf.memory().numTensors;
    const model = make('gcn');
    expect(await testAccuracy(model, sampling, 40)).toBeGreaterThan(0.8);
    const whole = await predictNodes(model, graph);
    const all = await predictNodes(model, graph, undefined, { fanOuts: [-1, -1], batchSize: 64, threads: 0 });
    // with all neighbours of two hops a sample gives what the whole graph gives; GCN divides by degrees inside, hence neighbours of three
    const exact = await predictNodes(model, graph, [5, 3], { fanOuts: [-1, -1, -1], threads: 0 });
    expect(all.probabilities.length).toBe(whole.probabilities.length);
    for (const [i, node] of [5, 3].entries()) {
      for (let c = 0; c < 4; c++) {
        expect(exact.probabilities[i * 4 + c]).toBeCloseTo(whole.probabilities[node * 4 + c]!, 5);
      }
    }
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('keeps features off the device when it samples, and answers the same in batches of any size', async () => {
    const [nodes, width] = [4000, 64];
    const generator = new Generator(2);
    const end = () => Int32Array.from({ length: 3 * nodes }, () => generator.integer(0, nodes));
    const large = new GraphData({
      numNodes: nodes,
      edgeIndex: [end(), end()],
      x: { width, values: Float32Array.from({ length: nodes * width }, () => generator.normal()) },
      y: Int32Array.from({ length: nodes }, (_, n) => n % 4),
      trainMask: Uint8Array.from({ length: nodes }, (_, n) => (n < 20 ? 1 : 0)),
    });
    const before = tf.memory();
    const model = make('sage', { inChannels: width });
    const fanOuts = [2, 2];
    let most = 0;
    const onStep = (): void => void (most = Math.max(most, tf.memory().numBytes));
    const sampling = { fanOuts, batchSize: 7, threads: 0 };
    await trainNodeClassification(model, large, { epochs: 2, sampling, fit: { callbacks: { onStep } } });
    expect(most - before.numBytes).toBeLessThan((4 * nodes * width) / 4);
    const asked = Int32Array.from({ length: 13 }, (_, i) => 300 * i);
    const at = async (batchSize: number) =>
      (await predictNodes(model, large, asked, { fanOuts: [-1, -1], batchSize, threads: 0 })).probabilities;
    const whole = (await predictNodes(model, large, asked)).probabilities;
    for (const size of [1, 5, 13]) (await at(size)).forEach((p, i) => expect(p).toBeCloseTo(whole[i]!, 5));
    model.dispose();
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });

  it('answers for the nodes that are asked for, in their order and each time', async () => {
    const model = make('gcn');
    const whole = await predictNodes(model, graph);
    const some = await predictNodes(model, graph, [7, 2, 7]);
    const row = (node: number) => [...whole.probabilities.subarray(node * 4, node * 4 + 4)];
    expect([...some.probabilities]).toEqual([...row(7), ...row(2), ...row(7)]);
    await expect(predictNodes(model, graph, [0, 200])).rejects.toThrow('there is no node 200; there are 200');
    const sampling = { fanOuts: [2, 2], threads: 0 };
    await expect(predictNodes(model, graph, [7, 2, 7], sampling)).rejects.toThrow('node 7 is asked for twice');
    model.dispose();
  });

  it('repeats bit for bit, goes on after a stop as if there had been none, and loads what it saved', async () => {
    const folder = temporaryFolder();
    const train = async (run: string, epochs: number, resume = false): Promise<NodeClassifier> => {
      // with the default generator for dropout too, which is saved with the run
      const model = new NodeClassifier(make('gcn').config, manualSeed(1));
      await trainNodeClassification(model, graph, { epochs, run: `${folder}/${run}`, resume });
      return model;
    };
    const [whole, again] = [await train('a', 12), await train('b', 5)];
    const resumed = await train('b', 12, true);
    const [first, second] = [whole, resumed].map((model) => [...model.parameters()[0]!.value.dataSync()]);
    expect(second!.every((value, i) => value === first![i])).toBe(true);
    await resumed.savePretrained(`${folder}/model`);
    const loaded = await NodeClassifier.fromPretrained(`${folder}/model`);
    expect(await predictNodes(loaded, graph)).toEqual(await predictNodes(resumed, graph));
    for (const model of [whole, again, resumed, loaded]) model.dispose();
  });

  it('says what is missing', async () => {
    const model = make('gcn');
    await expect(trainNodeClassification(model, graph.with({ trainMask: null }))).rejects.toThrow(/no training nodes/);
    await expect(trainNodeClassification(model, graph.with({ y: null }))).rejects.toThrow(
      /nodes of the graph have no classes/,
    );
    await expect(trainNodeClassification(model, graph.with({ x: null }))).rejects.toThrow(/the graph has no features/);
    await expect(
      trainNodeClassification(model, graph.with({ x: { width: 1, values: new Float32Array(200) } })),
    ).rejects.toThrow(/takes 8 features, the graph has 1/);
    await expect(trainNodeClassification(make('gcn', { classes: 3 }), graph)).rejects.toThrow(
      /knows 3 classes, the graph has 4/,
    );
    await expect(trainNodeClassification(model, graph, { sampling: {} })).rejects.toThrow(/fanOuts or clusters/);
    await expect(evaluateNodeClassification(model, graph.with({ testMask: null }))).rejects.toThrow(/no test nodes/);
    expect(() => make('xyz' as never)).toThrow(/there is no architecture 'xyz'/);
  });

  it('takes degrees where there are no features', async () => {
    const bare = graph.with({ x: null });
    const model = make('gcn', { features: 'degree', inChannels: 30 });
    const { probabilities } = await predictNodes(model, bare);
    expect(likeliest({ probabilities, classes: 4 }).length).toBe(200);
    for (let row = 0; row < 200; row++) {
      expect(probabilities.subarray(4 * row, 4 * row + 4).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
  });

  onData('cora', 'GCN reaches what its paper reports on Cora', async (path) => {
    const cora = await openGraph(path + '/cora.json');
    const model = new NodeClassifier({ architecture: 'gcn', inChannels: 1433, classes: 7 }, new Generator(1));
    await trainNodeClassification(model, cora, { epochs: 100, fit: { validateEvery: { epochs: 100 } } });
    expect((await evaluateNodeClassification(model, cora)).accuracy).toBeGreaterThan(0.79);
    model.dispose();
  });
});
