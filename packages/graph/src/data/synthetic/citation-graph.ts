import { check, Generator } from '@hourglass/core';
import { GraphData } from '../graph.js';
import { nodeSplit } from './node-split.js';

export interface CitationGraphOptions {
  /** Default 600. */
  readonly nodes?: number;
  /** Default 5. */
  readonly classes?: number;
  /** Edges at a node, both directions counted once. Default 4. */
  readonly averageDegree?: number;
  /** Share of the edges that stay within a class. Default 0.8. */
  readonly homophily?: number;
  /** Size of the vocabulary. Default 200. */
  readonly words?: number;
  /** Words drawn for each node. Default 12. */
  readonly wordsPerNode?: number;
  /** Share of a node's words that are typical of its class. Default 0.3. */
  readonly topicShare?: number;
  /** Labelled nodes of each class. Default 20. */
  readonly trainPerClass?: number;
  /** Nodes to validate on. Default 100. */
  readonly validation?: number;
  /** Nodes to test on. Default 300. */
  readonly test?: number;
  /** Default 0. */
  readonly seed?: number;
}

const defaults = {
  nodes: 600,
  classes: 5,
  averageDegree: 4,
  homophily: 0.8,
  words: 200,
  wordsPerNode: 12,
  topicShare: 0.3,
  trainPerClass: 20,
  validation: 100,
  test: 300,
  seed: 0,
} as const satisfies Required<CitationGraphOptions>;

/**
 * A graph like those of scientific papers that cite each other: undirected, of classes that cite themselves more often, a few
 * nodes with many edges, bags of words as features (each node's sum to 1), few labels. A degree-corrected stochastic block
 * model (Karrer and Newman 2010, arXiv:1008.3926). Made in a time that grows with edges and words.
 *
 * @throws InvalidArgumentError when the graph is too small for its labels, or too dense for its nodes
 */
export function citationGraph(options: CitationGraphOptions = {}): GraphData {
  const given = { ...defaults, ...options };
  const { nodes, classes, averageDegree, homophily, words, wordsPerNode, topicShare } = given;
  for (const [name, value] of Object.entries({ homophily, topicShare })) {
    check(value >= 0 && value <= 1, () => `citationGraph: ${name} is a share between 0 and 1, got ${value}`);
  }
  check(words >= classes, () => `citationGraph: ${words} words are too few for ${classes} classes`);
  const generator = new Generator(given.seed);
  const y = Int32Array.from({ length: nodes }, (_, node) => node % classes);
  const edgeIndex = blockEdges(y, classes, { averageDegree, homophily }, generator);
  const x = bagsOfWords(y, classes, { words, wordsPerNode, topicShare }, generator);
  const masks = nodeSplit(y, classes, given, generator);
  return new GraphData({ numNodes: nodes, edgeIndex, x, y, numClasses: classes, ...masks, undirected: true });
}

/** Both directions of edges without duplicates and loops. */
function blockEdges(
  y: Int32Array,
  classes: number,
  { averageDegree, homophily }: { readonly averageDegree: number; readonly homophily: number },
  generator: Generator,
): readonly [Int32Array, Int32Array] {
  const nodes = y.length;
  const wanted = Math.round((nodes * averageDegree) / 2);
  const members = Array.from({ length: classes }, (_, c) => [...y.keys()].filter((node) => y[node] === c));
  // a power law, cut where one node would have most edges
  const attraction = Float64Array.from({ length: nodes }, () => Math.min(10, generator.uniform(1e-6, 1) ** -0.5));
  const all = new WeightedChoice([...y.keys()], attraction);
  const within = members.map((list) => new WeightedChoice(list, attraction));
  const seen = new Set<number>();
  const [source, destination]: [number[], number[]] = [[], []];
  for (let tries = 0; source.length < 2 * wanted; tries++) {
    check(
      tries < 100 * wanted + 1000,
      () => `citationGraph: no place for ${wanted} edges among ${nodes} nodes; ask for a lower averageDegree`,
    );
    const a = all.draw(generator);
    const own = y[a]!;
    const isOwn = classes === 1 || generator.uniform() < homophily;
    const b = within[isOwn ? own : (own + generator.integer(1, classes)) % classes]!.draw(generator);
    const key = Math.min(a, b) * nodes + Math.max(a, b);
    if (a === b || seen.has(key)) continue;
    seen.add(key);
    source.push(a, b);
    destination.push(b, a);
  }
  return [Int32Array.from(source), Int32Array.from(destination)];
}

/** Draws from a list with probabilities in proportion to weights. */
class WeightedChoice {
  readonly #upTo: Float64Array;

  constructor(
    readonly list: readonly number[],
    weights: Float64Array,
  ) {
    let sum = 0;
    this.#upTo = Float64Array.from(list, (entry) => (sum += weights[entry]!));
  }

  draw(generator: Generator): number {
    const at = generator.uniform(0, this.#upTo.at(-1)!);
    let [low, high] = [0, this.list.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#upTo[middle]! > at) high = middle;
      else low = middle + 1;
    }
    return this.list[low]!;
  }
}

/** Which words each node has, each row divided by how many. Every class has an equal part of the vocabulary of its own. */
function bagsOfWords(
  y: Int32Array,
  classes: number,
  sizes: { readonly words: number; readonly wordsPerNode: number; readonly topicShare: number },
  generator: Generator,
): { readonly width: number; readonly values: Float32Array } {
  const { words, wordsPerNode, topicShare } = sizes;
  const part = Math.floor(words / classes);
  const values = new Float32Array(y.length * words);
  y.forEach((label, node) => {
    const drawn = new Set<number>();
    for (let i = 0; i < wordsPerNode; i++) {
      const isTypical = generator.uniform() < topicShare;
      drawn.add(isTypical ? label * part + generator.integer(0, part) : generator.integer(0, words));
    }
    for (const word of drawn) values[node * words + word] = 1 / drawn.size;
  });
  return { width: words, values };
}
