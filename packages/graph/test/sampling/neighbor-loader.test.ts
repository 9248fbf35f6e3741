import { existsSync, readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Adam, Generator, disposeTensors, fit, losses } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  GCNConv,
  GraphData,
  NeighborLoader,
  denseRows,
  edgesForLayer,
  type NeighborLoaderOptions,
  type SampledSubgraph,
} from '@hourglass/graph';
import { neighborLists } from '../../src/sampling/neighbor-lists.js';
import { startThreads } from '../../src/sampling/threads/node.js';
import { communities } from '../generated.js';

beforeAll(() => useTestBackend('wasm'));

/** A random directed graph whose features and attributes say which node and edge they are of. */
function randomGraph(nodes: number, edges: number, seed: number): GraphData {
  const generator = new Generator(seed);
  const end = (): Int32Array => Int32Array.from({ length: edges }, () => generator.integer(0, nodes));
  return new GraphData({
    numNodes: nodes,
    edgeIndex: [end(), end()],
    x: { width: 1, values: Float32Array.from({ length: nodes }, (_, node) => node) },
    edgeAttr: { width: 1, values: Float32Array.from({ length: edges }, (_, e) => e) },
    y: Int32Array.from({ length: nodes }, (_, node) => node % 3),
  });
}

const graph = randomGraph(200, 2000, 1);
const [source, destination] = graph.edgeIndex;
const degree = new Int32Array(200);
for (const node of destination) degree[node]!++;

async function subgraphsOf(options: Partial<NeighborLoaderOptions>, epoch = 0): Promise<SampledSubgraph[]> {
  const loader = new NeighborLoader(graph, { fanOuts: [4, 3], batchSize: 30, threads: 0, seed: 7, ...options });
  const all: SampledSubgraph[] = [];
  try {
    for await (const subgraph of loader.subgraphs(epoch)) all.push(subgraph);
  } finally {
    await loader.close();
  }
  return all;
}

/** Every edge here is that edge of the graph. */
function expectEdges({ nodes, source: from, destination: to, edges }: SampledSubgraph): void {
  expect(new Set(nodes).size).toBe(nodes.length);
  edges.forEach((edge, e) => expect([nodes[from[e]!], nodes[to[e]!]]).toEqual([source[edge], destination[edge]]));
}

/** Threads of this process, the runtime's own too. */
const threadsAlive = (): number => readdirSync('/proc/self/task').length;

describe('sampled neighbourhoods', () => {
  it('have edges of the graph, as many as the fan-outs allow, and seeds first', async () => {
    const subgraphs = await subgraphsOf({});
    expect(subgraphs.map(({ nodesPerHop }) => nodesPerHop[0])).toEqual([30, 30, 30, 30, 30, 30, 20]);
    expect(new Set(subgraphs.flatMap(({ nodes, nodesPerHop }) => [...nodes.subarray(0, nodesPerHop[0])])).size).toBe(
      200,
    );
    for (const subgraph of subgraphs) {
      expectEdges(subgraph);
      const { nodes, destination: to, edges, nodesPerHop, edgesPerHop } = subgraph;
      expect(new Set(edges).size).toBe(edges.length);
      expect(nodesPerHop.reduce((a, b) => a + b)).toBe(nodes.length);
      expect(edgesPerHop.reduce((a, b) => a + b)).toBe(edges.length);
      const incoming = new Int32Array(nodes.length);
      for (const node of to) incoming[node]!++;
      incoming.forEach((count, here) => {
        const fanOut = here < nodesPerHop[0]! ? 4 : here < nodesPerHop[0]! + nodesPerHop[1]! ? 3 : 0;
        expect(count).toBe(Math.min(fanOut, degree[nodes[here]!]!));
      });
    }
  });

  it('take every set of neighbours equally often', async () => {
    const star = new GraphData({
      numNodes: 6,
      edgeIndex: [
        [1, 2, 3, 4, 5],
        [0, 0, 0, 0, 0],
      ],
    });
    const counts = new Map<string, number>();
    const loader = new NeighborLoader(star, { fanOuts: [2], seeds: [0], threads: 0 });
    for (let epoch = 0; epoch < 4000; epoch++) {
      for await (const { nodes } of loader.subgraphs(epoch)) {
        const key = [...nodes.subarray(1)].sort().join(' ');
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(10);
    // four standard deviations
    for (const count of counts.values()) expect(Math.abs(count - 400)).toBeLessThan(76);
  });

  it('have all neighbours with fan-out -1, and may draw with replacement', async () => {
    for (const subgraph of await subgraphsOf({ fanOuts: [-1] })) {
      const wanted = Array.from(destination, (node, e) => [node, e] as const).filter(([node]) =>
        subgraph.nodes.subarray(0, subgraph.nodesPerHop[0]).includes(node),
      );
      expect([...subgraph.edges].sort((a, b) => a - b)).toEqual(wanted.map(([, e]) => e));
    }
    const [subgraph] = await subgraphsOf({ fanOuts: [50], replace: true });
    expectEdges(subgraph!);
    expect(subgraph!.edges.length).toBe(
      50 * [...subgraph!.nodes.subarray(0, 30)].filter((node) => degree[node]! > 0).length,
    );
  });

  it('may have all edges between their nodes', async () => {
    for (const subgraph of await subgraphsOf({ subgraph: 'induced' })) {
      expectEdges(subgraph);
      const inside = new Set(subgraph.nodes);
      const wanted = Array.from(source, (u, e) => (inside.has(u) && inside.has(destination[e]!) ? e : -1)).filter(
        (e) => e >= 0,
      );
      expect([...subgraph.edges].sort((a, b) => a - b)).toEqual(wanted);
    }
  });

  it('repeat with the seed, whatever the number of threads, and from any batch on', async () => {
    const here = await subgraphsOf({});
    expect(await subgraphsOf({ threads: 1 })).toEqual(here);
    expect(await subgraphsOf({ threads: 3, prefetch: 5 })).toEqual(here);
    expect(await subgraphsOf({ seed: 8 })).not.toEqual(here);
    expect(await subgraphsOf({}, 1)).not.toEqual(here);
    const loader = new NeighborLoader(graph, { fanOuts: [4, 3], batchSize: 30, threads: 2, seed: 7 });
    const rest: SampledSubgraph[] = [];
    for await (const subgraph of loader.subgraphs(0, 4)) rest.push(subgraph);
    await loader.close();
    expect(rest).toEqual(here.slice(4));
  });

  it('narrow from layer to layer', async () => {
    const [subgraph] = await subgraphsOf({});
    const { nodesPerHop, edgesPerHop, nodes } = subgraph!;
    const [first, last] = [edgesForLayer(subgraph!, 0), edgesForLayer(subgraph!, 1)];
    expect([first.sources, first.destinations, first.edges]).toEqual([
      nodes.length,
      nodesPerHop[0]! + nodesPerHop[1]!,
      subgraph!.edges.length,
    ]);
    expect([last.sources, last.destinations, last.edges]).toEqual([
      nodesPerHop[0]! + nodesPerHop[1]!,
      30,
      edgesPerHop[0],
    ]);
    first.dispose();
    last.dispose();
  });
});

describe('threads that sample', () => {
  it.skipIf(!existsSync('/proc/self/task'))('end with the loader, also when the loop is left early', async () => {
    const tensors = tf.memory().numTensors;
    const loader = new NeighborLoader(graph, { fanOuts: [3], batchSize: 10, threads: 2 });
    let before = 0;
    // in the first round the runtime may start threads of its own
    for (let round = 0; round < 3; round++) {
      if (round === 1) before = threadsAlive();
      let count = 0;
      for await (const batch of loader.iterate(0)) {
        disposeTensors(batch);
        if (++count === 3) break;
      }
      if (round > 0) expect(threadsAlive()).toBeGreaterThanOrEqual(before + 2);
      await loader.close();
      if (round > 0) expect(threadsAlive()).toBe(before);
    }
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('pass on what goes wrong in them, and go on where they can', async () => {
    const options = { fanOuts: [-1] };
    const threads = startThreads(1, { lists: neighborLists(graph, true), options })!;
    await expect(threads.sample(Int32Array.of(0), [0, 0, 0, 0])).rejects.toThrow(
      /sampling failed: generator state must not be all zero/,
    );
    expect((await threads.sample(Int32Array.of(3), [1, 2, 3, 4])).edges.length).toBe(degree[3]);
    const waiting = threads.sample(Int32Array.of(0), [1, 2, 3, 4]);
    await Promise.all([expect(waiting).rejects.toThrow(/the sampler was closed/), threads.close()]);
    await expect(threads.sample(Int32Array.of(0), [1, 2, 3, 4])).rejects.toThrow(/the sampler was closed/);
    const broken = startThreads(1, { lists: null as never, options })!;
    await expect(broken.sample(Int32Array.of(0), [1, 2, 3, 4])).rejects.toThrow(
      /a thread that samples has failed: .*null/,
    );
    await broken.close();
  });
});

describe('batches', () => {
  it('bring the rows of their nodes and edges, and labels of the seeds, and leave nothing', async () => {
    const before = tf.memory().numTensors;
    const loader = new NeighborLoader(graph, { fanOuts: [4, 3], batchSize: 64, threads: 0 });
    for await (const batch of loader.iterate(0)) {
      const { nodes, edges } = batch.subgraph;
      expect([...batch.x!.dataSync()]).toEqual([...nodes]);
      expect([...batch.edgeAttr!.dataSync()]).toEqual([...edges]);
      expect([...batch.y!.dataSync()]).toEqual([...nodes.subarray(0, batch.seeds)].map((node) => node % 3));
      expect([batch.edges.nodes, batch.edges.edges]).toEqual([nodes.length, edges.length]);
      disposeTensors(batch);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('train with fit, which frees them', async () => {
    const data = communities({ nodes: 120, signal: 2 });
    const loader = new NeighborLoader(data, { fanOuts: [5], batchSize: 40, threads: 1 });
    const layer = new GCNConv(8, 4, { generator: new Generator(1) });
    const optimizer = new Adam(layer.parameters(), { lr: 0.05 });
    const seen: number[] = [];
    let before = 0;
    const result = await fit(layer, {
      train: loader,
      optimizer,
      epochs: 15,
      loss: (layer, { x, edges, y, seeds }) => losses.crossEntropy(tf.slice(layer.forward(x!, edges), 0, seeds), y!),
      callbacks: {
        onEpoch: ({ scores, epoch }) => {
          seen.push(scores['loss']!);
          if (epoch === 3) before = tf.memory().numTensors;
        },
      },
    });
    expect(result.step).toBe(45);
    expect(seen.at(-1)!).toBeLessThan(seen[0]! * 0.6);
    // the last batch is freed right after its epoch's end
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before);
    await loader.close();
    optimizer.dispose();
  });

  it('refuse what makes none', () => {
    const make = (options: Partial<NeighborLoaderOptions>) => () =>
      new NeighborLoader(graph, { fanOuts: [2], ...options });
    expect(make({ fanOuts: [] })).toThrow(/fanOuts must hold/);
    expect(make({ fanOuts: [1.5] })).toThrow(/fanOuts must hold/);
    expect(make({ seeds: [3, 200] })).toThrow(/seed 1 is 200; there are 200 nodes/);
    expect(make({ seeds: [3, 3] })).toThrow(/node 3 is a seed twice/);
    expect(make({ seeds: [] })).toThrow(/0 seeds make no batch/);
    expect(make({ batchSize: 0 })).toThrow(/batchSize/);
    expect(denseRows(graph.x!).width).toBe(1);
  });
});
