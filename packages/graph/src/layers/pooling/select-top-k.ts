import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  check,
  defaultGenerator,
  functional,
  Module,
  Parameter,
  scope,
  uniformTensor,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';

/** How many nodes a pooling layer keeps. */
export interface SelectOptions {
  /**
   * Below 1 the share of each graph's nodes, rounded up; from 1 on their number. Default 0.5. Not used with `minScore`.
   */
  readonly ratio?: number | null;
  /** Keeps the nodes whose share of their graph's scores (by softmax) is above this, and always the best. Default null. */
  readonly minScore?: number | null;
  /** Applied to the scores, by name. Default `tanh`. */
  readonly nonlinearity?: string;
  /** For the first values of the parameters. */
  readonly generator?: Generator;
}

/** Nodes that were chosen. */
export interface Selection {
  /** Their numbers, graph by graph, the best first; ascending with `minScore`. */
  readonly perm: Int32Array;
  /** float32 [chosen]: their scores, differentiable. */
  readonly score: tf.Tensor;
}

/**
 * Chooses nodes of each graph by a learned projection (Gao and Ji 2019, arXiv:1905.05178; Cangea et al. 2018, arXiv:1811.01287;
 * Knyazev et al. 2019, arXiv:1905.02850). The choice is made on the host: scores are read back from the device.
 */
export class SelectTopK extends Module {
  /** [1, inChannels] */
  readonly weight: Parameter;
  readonly #ratio: number | null;
  readonly #minScore: number | null;
  readonly #activation: UnaryModule;

  constructor(
    readonly inChannels: number,
    options: SelectOptions = {},
  ) {
    super();
    const { ratio = 0.5, minScore = null, nonlinearity = 'tanh', generator = defaultGenerator() } = options;
    check(
      ratio !== null || minScore !== null,
      'pooling needs a ratio or a minScore, to know how many nodes it should keep',
    );
    if (minScore === null) checkRatio(ratio!);
    else check(Number.isFinite(minScore), () => `pooling: minScore must be a number, got ${minScore}`);
    const bound = 1 / Math.sqrt(inChannels);
    this.weight = new Parameter(uniformTensor([1, inChannels], -bound, bound, generator));
    this.#ratio = ratio;
    this.#minScore = minScore;
    this.#activation = activationByName(nonlinearity);
  }

  /** @param x float32 [nodes, inChannels] */
  forward(x: tf.Tensor, batch: functional.Segments): Selection {
    check(
      x.rank === 2 && x.shape[0] === batch.count && x.shape[1] === this.inChannels,
      () => `pooling takes [${batch.count} nodes, ${this.inChannels}], got [${x.shape.join(', ')}]`,
    );
    let perm: Int32Array = new Int32Array();
    const score = scope(() => {
      const projected = tf.sum(tf.mul(x, this.weight.value), -1);
      const scores =
        this.#minScore === null
          ? this.#activation.forward(tf.div(projected, tf.norm(this.weight.value)))
          : functional.segmentSoftmax(projected, batch);
      const values = scores.dataSync<'float32'>();
      perm = this.#minScore === null ? best(values, batch, this.#ratio!) : above(values, batch, this.#minScore);
      return tf.gather(scores, perm);
    });
    return { perm, score };
  }
}

/** @throws InvalidArgumentError unless this is a share, or a number of nodes */
export function checkRatio(ratio: number): void {
  check(
    ratio > 0 && (ratio < 1 || Number.isInteger(ratio)),
    () => `pooling: ratio must be a share between 0 and 1, or a whole number of nodes, got ${ratio}`,
  );
}

/** The nodes of each graph with the largest scores, of equal ones the first. */
function best(scores: Float32Array, batch: functional.Segments, ratio: number): Int32Array {
  const { pointer, order } = batch.values;
  const chosen: number[] = [];
  for (let graph = 0; graph < batch.size; graph++) {
    const nodes = order.slice(pointer[graph], pointer[graph + 1]);
    // in float32 as the reference computes it: at whole products a step further would add a node
    const count = ratio >= 1 ? ratio : Math.ceil(Math.fround(Math.fround(ratio) * nodes.length));
    nodes.sort((a, b) => scores[b]! - scores[a]! || a - b);
    for (const node of nodes.subarray(0, count)) chosen.push(node);
  }
  return Int32Array.from(chosen);
}

/** The nodes with scores above this, and the best of each graph. */
function above(scores: Float32Array, batch: functional.Segments, minScore: number): Int32Array {
  const best = new Float32Array(batch.size).fill(-Infinity);
  const { ids } = batch.values;
  ids.forEach((graph, node) => (best[graph] = Math.max(best[graph]!, scores[node]!)));
  const isAbove = (node: number): boolean =>
    scores[node]! > Math.min(Math.fround(best[ids[node]!]! - 1e-7), Math.fround(minScore));
  return Int32Array.from(ids.keys()).filter(isAbove);
}
