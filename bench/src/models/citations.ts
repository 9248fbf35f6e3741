import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { Generator, uniformTensor } from '@hourglass/core';
import { EdgeIndex } from '@hourglass/graph';
import { root } from '../root.js';

/** A graph of papers that cite each other; every edge leads both ways. */
export interface Citations {
  readonly nodes: number;
  readonly classes: number;
  /** float32 [nodes, words], rows of sum 1. */
  readonly features: tf.Tensor;
  /** int32 [2, edges]: sources and destinations, without edges from a node to itself. */
  readonly edges: tf.Tensor;
  /** int32 [training nodes] */
  readonly train: tf.Tensor;
  /** Their classes. */
  readonly labels: tf.Tensor;
}

interface Stored {
  readonly numNodes: number;
  readonly numFeatures: number;
  readonly numClasses: number;
  /** u0, v0, u1, v1, … */
  readonly edges: readonly number[];
  readonly labels: readonly number[];
  readonly train: readonly number[];
  readonly featIndptr: readonly number[];
  readonly featIndices: readonly number[];
}

const file = join(root, '../shared/data/graph/cora/cora.json');

/** Cora (McCallum et al. 2000, in the split of Yang et al. 2016, arXiv:1603.08861) where it is, or a random graph of its size. */
export function cora(): Citations {
  if (!existsSync(file)) return randomCitations(2708, 1433, 7, 5278, 140);
  const stored = JSON.parse(readFileSync(file, 'utf8')) as Stored;
  const { numNodes: nodes, numFeatures: words, featIndptr: pointer, featIndices } = stored;
  const features = new Float32Array(nodes * words);
  for (let node = 0; node < nodes; node++) {
    const [from, to] = [pointer[node]!, pointer[node + 1]!];
    for (let at = from; at < to; at++) features[node * words + featIndices[at]!] = 1 / (to - from);
  }
  const pairs = Array.from({ length: stored.edges.length / 2 }, (_, i): [number, number] => [
    stored.edges[2 * i]!,
    stored.edges[2 * i + 1]!,
  ]);
  return assemble(nodes, words, stored.numClasses, features, pairs, stored.train, (node) => stored.labels[node]!);
}

export function randomCitations(
  nodes: number,
  words: number,
  classes: number,
  pairs: number,
  training: number,
): Citations {
  const generator = new Generator(2);
  const each = 4;
  const features = new Float32Array(nodes * words);
  for (let node = 0; node < nodes; node++) {
    for (let i = 0; i < each; i++) features[node * words + generator.integer(0, words)]! += 1 / each;
  }
  const edges = Array.from({ length: pairs }, (): [number, number] => {
    const from = generator.integer(0, nodes);
    return [from, (from + generator.integer(1, nodes)) % nodes];
  });
  const train = Array.from({ length: training }, (_, i) => i);
  return assemble(nodes, words, classes, features, edges, train, () => generator.integer(0, classes));
}

function assemble(
  nodes: number,
  words: number,
  classes: number,
  features: Float32Array,
  pairs: ReadonlyArray<readonly [number, number]>,
  train: readonly number[],
  labelOf: (node: number) => number,
): Citations {
  const both = pairs.flatMap(([u, v]): Array<[number, number]> => [
    [u, v],
    [v, u],
  ]);
  both.sort(([a, b], [c, d]) => b - d || a - c);
  return {
    nodes,
    classes,
    features: tf.tensor2d(features, [nodes, words]),
    edges: tf.tensor2d([both.map(([from]) => from), both.map(([, to]) => to)], [2, both.length], 'int32'),
    train: tf.tensor1d([...train], 'int32'),
    labels: tf.tensor1d(train.map(labelOf), 'int32'),
  };
}

/**
 * A directed graph of 1,000,000 nodes and 10,000,000 edges at random, with 64 features a node; every tenth node is to be classified.
 */
export function millionNodes(): Citations {
  const [nodes, edges, width, classes] = [1_000_000, 10_000_000, 64, 16];
  const generator = new Generator(2);
  const node = (): number => generator.integer(0, nodes);
  const ends = Int32Array.from({ length: 2 * edges }, node);
  const train = Int32Array.from({ length: nodes / 10 }, (_, i) => 10 * i);
  return {
    nodes,
    classes,
    features: uniformTensor([nodes, width], -1, 1, generator),
    edges: tf.tensor2d(ends, [2, edges], 'int32'),
    train: tf.tensor1d(train, 'int32'),
    labels: tf.tensor1d(
      train.map(() => generator.integer(0, classes)),
      'int32',
    ),
  };
}

/** Its edges, as layers take them. */
export function edgesOf({ edges, nodes }: Citations): EdgeIndex {
  return new EdgeIndex(edges, nodes);
}
