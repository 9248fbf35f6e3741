import { Generator } from '@hourglass/core';
import { GraphData } from '@hourglass/graph';

export interface CommunityOptions {
  readonly nodes?: number;
  readonly blocks?: number;
  /** Probability of an edge within a block, and between blocks. */
  readonly within?: number;
  readonly between?: number;
  /** Width of the features, of which each block has its own that are larger by `signal` standard deviations. */
  readonly features?: number;
  readonly signal?: number;
  readonly seed?: number;
}

/** Undirected pairs as edges in both directions. */
export function bothWays(list: readonly (readonly [number, number])[]): [Int32Array, Int32Array] {
  return [
    Int32Array.from([...list.map(([u]) => u), ...list.map(([, v]) => v)]),
    Int32Array.from([...list.map(([, v]) => v), ...list.map(([u]) => u)]),
  ];
}

/** A stochastic block model with noisy features; node n is of block n modulo blocks, its label. */
export function communities(options: CommunityOptions = {}): GraphData {
  const { nodes = 120, blocks = 4, within = 0.6, between = 0.005, features = 8, signal = 1, seed = 5 } = options;
  const generator = new Generator(seed);
  const pairs: [number, number][] = [];
  for (let u = 0; u < nodes; u++) {
    for (let v = u + 1; v < nodes; v++) {
      if (generator.uniform() < (u % blocks === v % blocks ? within : between)) pairs.push([u, v]);
    }
  }
  const values = Float32Array.from({ length: nodes * features }, (_, i) => {
    const [node, feature] = [Math.floor(i / features), i % features];
    return generator.normal(node % blocks === feature % blocks ? signal : 0);
  });
  return new GraphData({
    numNodes: nodes,
    edgeIndex: bothWays(pairs),
    x: { width: features, values },
    y: Int32Array.from({ length: nodes }, (_, node) => node % blocks),
    undirected: true,
  });
}

export interface CitationOptions {
  readonly nodes?: number;
  readonly topics?: number;
  readonly classes?: number;
  /** Words there are; each topic has its own. */
  readonly words?: number;
  /** Probability that a paper cites another of its topic. */
  readonly within?: number;
  readonly seed?: number;
}

/**
 * Papers of topics that make up classes: papers cite within the topic mostly, and words of the topic are frequent. The topic is what
 * neighbourhoods tell, the class is the label.
 */
export function citations(options: CitationOptions = {}): GraphData {
  const { nodes = 500, topics = 12, classes = 2, words = 150, within = 0.12, seed = 0 } = options;
  const generator = new Generator(seed);
  const topic = Int32Array.from({ length: nodes }, () => generator.integer(0, topics));
  const pairs: [number, number][] = [];
  for (let u = 0; u < nodes; u++) {
    for (let v = u + 1; v < nodes; v++) {
      const probability = topic[u] === topic[v] ? within : topic[u]! % classes === topic[v]! % classes ? 0.01 : 0.002;
      if (generator.uniform() < probability) pairs.push([u, v]);
    }
  }
  const values = Float32Array.from({ length: nodes * words }, (_, i) => {
    const own = (i % words) % topics === topic[Math.floor(i / words)];
    return generator.uniform() < (own ? 0.3 : 0.04) ? 1 : 0;
  });
  return new GraphData({
    numNodes: nodes,
    edgeIndex: bothWays(pairs),
    x: { width: words, values },
    y: Int32Array.from(topic, (t) => t % classes),
    undirected: true,
  });
}
