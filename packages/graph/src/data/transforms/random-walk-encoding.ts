import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount } from '@hourglass/core';
import { coalesce, type EdgeIndex } from '../../edges/index.js';

/**
 * Random-walk positional encoding (Dwivedi et al. 2021, arXiv:2110.07875): the probabilities that a walk from a node is back after 1, 2, …
 * steps. A step takes each edge that starts at the node with probability 1 / (their number, or sum of weights); several edges
 * between the same nodes count as one among them. No matrix of all pairs is made.
 *
 * @param weights of the edges. Default: ones.
 * @returns float32 [nodes, walkLength]
 */
export function randomWalkEncoding(
  edges: EdgeIndex,
  walkLength: number,
  weights: ArrayLike<number> | null = null,
): tf.Tensor2D {
  checkCount('randomWalkEncoding: walkLength', walkLength);
  check(
    weights === null || weights.length === edges.edges,
    () => `randomWalkEncoding: ${weights!.length} weights for ${edges.edges} edges`,
  );
  const { nodes } = edges;
  const step = stepProbabilities(edges, weights);
  const values = new Float32Array(nodes * walkLength);
  // P^(a+b)[i, i] is row i of P^a times column i of P^b: walks of half the length meet in the middle
  const forward = new Walk(coalesce(edges).edges, step, 'outgoing');
  const backward = new Walk(coalesce(edges).edges, step, 'incoming');
  for (let node = 0; node < nodes; node++) {
    forward.start(node);
    backward.start(node);
    for (let length = 1; length <= walkLength; length++) {
      (length % 2 === 1 ? forward : backward).advance();
      values[node * walkLength + length - 1] = forward.overlap(backward);
    }
  }
  return tf.tensor2d(values, [nodes, walkLength]);
}

/** For each node the probability of each edge that starts there. */
function stepProbabilities(edges: EdgeIndex, weights: ArrayLike<number> | null): Float64Array {
  const sum = new Float64Array(edges.nodes);
  edges.source.forEach((from, e) => (sum[from]! += weights === null ? 1 : weights[e]!));
  return sum.map((total) => 1 / Math.max(total, 1));
}

/** A distribution over nodes that spreads along edges, or against them. */
class Walk {
  readonly #edges: EdgeIndex;
  readonly #step: Float64Array;
  readonly #isForward: boolean;
  #mass: Float64Array;
  #next: Float64Array;
  /** Where there is mass. */
  #at: number[] = [];

  constructor(edges: EdgeIndex, step: Float64Array, direction: 'outgoing' | 'incoming') {
    this.#edges = edges;
    this.#step = step;
    this.#isForward = direction === 'outgoing';
    this.#mass = new Float64Array(edges.nodes);
    this.#next = new Float64Array(edges.nodes);
  }

  start(node: number): void {
    for (const other of this.#at) this.#mass[other] = 0;
    this.#at = [node];
    this.#mass[node] = 1;
  }

  advance(): void {
    const { pointer, order } = (this.#isForward ? this.#edges.outgoing : this.#edges.incoming).values;
    const ends = this.#isForward ? this.#edges.destination : this.#edges.source;
    const reached: number[] = [];
    for (const node of this.#at) {
      const mass = this.#mass[node]!;
      this.#mass[node] = 0;
      for (let place = pointer[node]!; place < pointer[node + 1]!; place++) {
        const other = ends[order[place]!]!;
        if (this.#next[other] === 0) reached.push(other);
        this.#next[other]! += mass * this.#step[this.#isForward ? node : other]!;
      }
    }
    this.#at = reached;
    [this.#mass, this.#next] = [this.#next, this.#mass];
  }

  /** Sum over nodes of both walks' mass there. */
  overlap(other: Walk): number {
    const [few, many] = this.#at.length < other.#at.length ? [this, other] : [other, this];
    return few.#at.reduce((sum, node) => sum + few.#mass[node]! * many.#mass[node]!, 0);
  }
}
