import { check, checkCount, deriveGenerator, InvalidArgumentError, type BatchSource } from '@hourglass/core';
import { Generator } from '@hourglass/core/random';
import { startThreads, threadsHere } from '#threads';
import { nodesIn, type NumberList } from '../data/checks.js';
import type { GraphData } from '../data/graph.js';
import { batchesAhead } from './batches-ahead.js';
import { neighborLists } from './neighbor-lists.js';
import { NeighborSampler, type SampledSubgraph, type SamplerOptions } from './neighbor-sampler.js';
import { makeSampledBatch, type SampledBatch } from './sampled-batch.js';
import type { Sampling, ThreadData } from './threads/types.js';

export interface NeighborLoaderOptions extends SamplerOptions {
  /** The nodes that batches are about, or a mask of them. Default: the training nodes, or all where there is no such mask. */
  readonly seeds?: NumberList | null;
  /** Seeds in a batch. Default 512. */
  readonly batchSize?: number;
  /** A new order in each epoch. Default true. */
  readonly shuffle?: boolean;
  /** Leaves out a last batch that is not full. Default false. */
  readonly dropLast?: boolean;
  /** Decides, with the epoch, order and samples: the same whatever the number of threads. Default 0. */
  readonly seed?: number;
  /** Threads that sample; 0 samples between the steps, as always in browsers. Default: by the number of cores. */
  readonly threads?: number;
  /** Batches in the making while one is in use. Default: two for each thread. */
  readonly prefetch?: number;
}

/**
 * Batches of a graph for training that sees a part of it at a time: some nodes and a sampled neighbourhood of them. The graph stays where
 * it is; of features, labels and edges only the batch's go to the device.
 *
 * Threads live until {@link close}; they do not keep a program from ending.
 */
export class NeighborLoader implements BatchSource<SampledBatch> {
  readonly #graph: GraphData;
  readonly #options: NeighborLoaderOptions;
  readonly #seeds: Int32Array;
  readonly #batchSize: number;
  readonly #seed: number;
  readonly #threads: number;
  #sampling: Sampling | null = null;

  /** @throws InvalidArgumentError for fan-outs that are none, seeds that are not there, and no seeds */
  constructor(graph: GraphData, options: NeighborLoaderOptions) {
    const { fanOuts, batchSize = 512, seed = 0, threads = threadsHere() } = options;
    check(
      fanOuts.length > 0 && fanOuts.every((count) => Number.isInteger(count) && count >= -1),
      () => `fanOuts must hold a whole number for each layer, -1 for all neighbours; got [${fanOuts.join(', ')}]`,
    );
    checkCount('batchSize', batchSize);
    checkCount('threads', threads, 0);
    this.#graph = graph;
    this.#options = options;
    this.#seeds = seedsOf(graph, options.seeds ?? graph.trainMask);
    this.#batchSize = batchSize;
    this.#seed = seed;
    this.#threads = threads;
    check(this.length > 0, () => `${this.#seeds.length} seeds make no batch of ${batchSize}`);
  }

  get length(): number {
    const count = this.#seeds.length / this.#batchSize;
    return this.#options.dropLast ? Math.floor(count) : Math.ceil(count);
  }

  /** Batches of an epoch, from number `start` on. @throws HourglassError when a thread fails */
  iterate(epoch: number, start = 0): AsyncGenerator<SampledBatch, void, void> {
    return this.#each(epoch, start, (subgraph, seeds) => makeSampledBatch(this.#graph, subgraph, seeds));
  }

  /** The same without tensors. */
  subgraphs(epoch: number, start = 0): AsyncGenerator<SampledSubgraph, void, void> {
    return this.#each(epoch, start, (subgraph) => subgraph);
  }

  /** Ends the threads. The loader can be used again, with new ones. */
  async close(): Promise<void> {
    const sampling = this.#sampling;
    this.#sampling = null;
    await sampling?.close();
  }

  #each<B>(
    epoch: number,
    start: number,
    make: (subgraph: SampledSubgraph, seeds: number) => B,
  ): AsyncGenerator<B, void, void> {
    const order = this.#order(epoch);
    const sampling = (this.#sampling ??= this.#start());
    const ahead = this.#options.prefetch ?? 2 * this.#threads;
    return batchesAhead(start, this.length, ahead, async (batch) => {
      const seeds = order.slice(batch * this.#batchSize, (batch + 1) * this.#batchSize);
      const { state } = deriveGenerator(this.#seed, epoch, batch);
      return make(await sampling.sample(seeds, state), seeds.length);
    });
  }

  /** Seeds in the order of an epoch. */
  #order(epoch: number): Int32Array {
    if (this.#options.shuffle === false) return this.#seeds;
    const order = deriveGenerator(this.#seed, epoch).permutation(this.#seeds.length);
    return Int32Array.from(order, (i) => this.#seeds[i]!);
  }

  #start(): Sampling {
    const { fanOuts, replace = false, subgraph = 'directional' } = this.#options;
    const options: SamplerOptions = { fanOuts: [...fanOuts], replace, subgraph };
    const threaded = this.#threads > 0 && typeof SharedArrayBuffer === 'function';
    const data: ThreadData = { lists: neighborLists(this.#graph, threaded), options };
    return (threaded ? startThreads(this.#threads, data) : null) ?? sampleHere(data);
  }
}

function sampleHere({ lists, options }: ThreadData): Sampling {
  const sampler = new NeighborSampler(lists, options);
  const generator = new Generator();
  return {
    async sample(seeds, state) {
      generator.state = state;
      return sampler.sample(seeds, generator);
    },
    async close() {},
  };
}

function seedsOf(graph: GraphData, given: NumberList | null): Int32Array {
  const { numNodes } = graph;
  if (given === null) return Int32Array.from({ length: numNodes }, (_, node) => node);
  if (given instanceof Uint8Array) {
    check(given.length === numNodes, () => `the mask of seeds has ${given.length} values, there are ${numNodes} nodes`);
    return nodesIn(given);
  }
  const seeds = Int32Array.from(given);
  const seen = new Set<number>();
  for (let i = 0; i < seeds.length; i++) {
    const node = seeds[i]!;
    if (node !== given[i] || node < 0 || node >= numNodes) {
      throw new InvalidArgumentError(`seed ${i} is ${given[i]}; there are ${numNodes} nodes, from 0 on`);
    }
    check(!seen.has(node), () => `node ${node} is a seed twice`);
    seen.add(node);
  }
  return seeds;
}
