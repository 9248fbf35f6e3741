import { check, checkCount, deriveGenerator, type BatchSource } from '@hourglass/core';
import type { GraphData } from '../data/graph.js';
import { batchesAhead } from './batches-ahead.js';
import { neighborLists } from './neighbor-lists.js';
import { NeighborSampler } from './neighbor-sampler.js';
import { partitionGraph, type PartitionOptions } from './partition.js';
import { makeSampledBatch, type SampledBatch } from './sampled-batch.js';

export interface ClusterLoaderOptions extends Omit<PartitionOptions, 'generator'> {
  /** How many clusters the graph is divided into; or the cluster of each node. */
  readonly clusters: number | Int32Array;
  /** Clusters in a batch, with the edges between them. Default 1. */
  readonly batchSize?: number;
  /** A new order, and new neighbours of each cluster in its batch, in each epoch. Default true. */
  readonly shuffle?: boolean;
  /** Decides clusters and order. Default 0. */
  readonly seed?: number;
}

/**
 * Batches of whole clusters of a graph (Cluster-GCN, Chiang et al. 2019, arXiv:1905.07953): all nodes of a few clusters, drawn anew in
 * each epoch, and all edges between them. All nodes of a batch are seeds; its labels are those of all of them.
 */
export class ClusterLoader implements BatchSource<SampledBatch> {
  readonly #graph: GraphData;
  readonly #members: readonly Int32Array[];
  readonly #batchSize: number;
  readonly #shuffle: boolean;
  readonly #seed: number;
  readonly #sampler: NeighborSampler;

  constructor(graph: GraphData, options: ClusterLoaderOptions) {
    const { clusters, batchSize = 1, shuffle = true, seed = 0 } = options;
    checkCount('batchSize', batchSize);
    const part =
      typeof clusters === 'number'
        ? partitionGraph(graph, clusters, { ...options, generator: deriveGenerator(seed, 0xc1) })
        : clusters;
    check(part.length === graph.numNodes, () => `clusters of ${part.length} nodes, there are ${graph.numNodes}`);
    this.#graph = graph;
    this.#members = membersOf(part);
    this.#batchSize = batchSize;
    this.#shuffle = shuffle;
    this.#seed = seed;
    this.#sampler = new NeighborSampler(neighborLists(graph, false), { fanOuts: [] });
    check(this.#members.length > 0, 'the graph has no nodes');
  }

  get length(): number {
    return Math.ceil(this.#members.length / this.#batchSize);
  }

  /** Batches of an epoch, from number `start` on. */
  iterate(epoch: number, start = 0): AsyncGenerator<SampledBatch, void, void> {
    const count = this.#members.length;
    const order = this.#shuffle
      ? deriveGenerator(this.#seed, epoch).permutation(count)
      : Uint32Array.from({ length: count }, (_, i) => i);
    return batchesAhead(start, this.length, 0, async (batch) => {
      const chosen = Array.from(order.subarray(batch * this.#batchSize, (batch + 1) * this.#batchSize));
      const nodes = Int32Array.from(chosen.flatMap((cluster) => Array.from(this.#members[cluster]!)));
      return makeSampledBatch(this.#graph, this.#sampler.induce(nodes), nodes.length);
    });
  }
}

/** Nodes of each cluster that has any. */
function membersOf(part: Int32Array): Int32Array[] {
  const lists = new Map<number, number[]>();
  part.forEach((cluster, node) => {
    const list = lists.get(cluster);
    if (list === undefined) lists.set(cluster, [node]);
    else list.push(node);
  });
  return [...lists].sort(([a], [b]) => a - b).map(([, nodes]) => Int32Array.from(nodes));
}
