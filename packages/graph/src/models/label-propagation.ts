/**
 * Label propagation and Correct and Smooth: "Combining Label Propagation and Simple Models Out-performs Graph Neural Networks", Huang et al.
 * 2020, arXiv:2010.13993. As PyTorch Geometric's `LabelPropagation` and `CorrectAndSmooth`.
 */
import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount, functional, scope } from '@hourglass/core';
import { gcnNorm, type EdgeIndex } from '../edges/index.js';

/** What {@link propagateLabels} takes besides labels and edges. */
export interface PropagationOptions {
  /** How often. */
  readonly numLayers: number;
  /** Share of what comes from neighbours, in [0, 1]. */
  readonly alpha: number;
  /** float32 [edges], used as they are. Default: the symmetric normalisation without self loops. */
  readonly edgeWeight?: tf.Tensor | null;
  /** Applied after each round. Default: limits to [0, 1]. */
  readonly postStep?: (y: tf.Tensor) => tf.Tensor;
}

/**
 * Spreads labels over edges, y ← alpha S y + (1 - alpha) y₀, S the normalised adjacency (Zhu and Ghahramani 2002). Gradients do not flow.
 *
 * @param y float32 [nodes, classes], zeros for nodes without a label
 * @returns float32 [nodes, classes]
 */
export function propagateLabels(y: tf.Tensor, edges: EdgeIndex, options: PropagationOptions): tf.Tensor {
  const { numLayers, alpha, edgeWeight = null, postStep = (x) => tf.clipByValue(x, 0, 1) } = options;
  check(alpha >= 0 && alpha <= 1, () => `propagateLabels: alpha must be in [0, 1], got ${alpha}`);
  checkCount('propagateLabels: numLayers', numLayers, 0);
  check(
    y.rank === 2 && y.shape[0] === edges.nodes,
    () => `propagateLabels: labels must be [${edges.nodes}, classes], got [${y.shape.join(', ')}]`,
  );
  return scope(() => {
    const weight = edgeWeight ?? gcnNorm(edges, null, { addSelfLoops: false }).weight;
    const rest = tf.mul(y, 1 - alpha);
    let spread = functional.stopGradient(y);
    for (let layer = 0; layer < numLayers; layer++) {
      const reached = functional.spmm(edges.adjacency, weight, spread);
      spread = functional.stopGradient(postStep(tf.add(tf.mul(reached, alpha), rest)));
    }
    return spread;
  });
}

/** Classes of nodes: class numbers, as rows of ones and zeros. */
export function labelRows(classes: ArrayLike<number>, count: number): tf.Tensor2D {
  const values = new Float32Array(classes.length * count);
  for (let i = 0; i < classes.length; i++) {
    const own = classes[i]!;
    check(
      Number.isInteger(own) && own >= 0 && own < count,
      () => `labels: number ${i} is ${own}, there are ${count} classes`,
    );
    values[i * count + own] = 1;
  }
  return tf.tensor2d(values, [classes.length, count]);
}

/** Label propagation as an object that holds its settings. */
export class LabelPropagation {
  constructor(
    readonly numLayers: number,
    readonly alpha: number,
  ) {}

  /**
   * @param y float32 [nodes, classes]
   * @param mask nodes whose labels are known; others start from zeros. Default: all.
   * @returns float32 [nodes, classes]
   */
  forward(
    y: tf.Tensor,
    edges: EdgeIndex,
    options: Pick<PropagationOptions, 'edgeWeight' | 'postStep'> & {
      readonly mask?: ArrayLike<number | boolean> | null;
    } = {},
  ): tf.Tensor {
    const { mask = null, ...rest } = options;
    return scope(() => {
      const known = mask === null ? y : tf.mul(y, tf.expandDims(maskOf(mask, edges.nodes), 1));
      return propagateLabels(known, edges, { numLayers: this.numLayers, alpha: this.alpha, ...rest });
    });
  }
}

export interface CorrectAndSmoothOptions {
  readonly numCorrectionLayers: number;
  readonly correctionAlpha: number;
  readonly numSmoothingLayers: number;
  readonly smoothingAlpha: number;
  /** Scales the spread errors, node by node, to the size of the known ones; otherwise known errors stay as they are. Default true. */
  readonly autoscale?: boolean;
  /** Factor of the spread errors without autoscale. Default 1. */
  readonly scale?: number;
}

/**
 * Improves the predictions of any model by the graph: spreads the errors on nodes with known classes and takes them off (correct), then
 * spreads predictions, known classes in place of theirs (smooth).
 */
export class CorrectAndSmooth {
  readonly prop1: LabelPropagation;
  readonly prop2: LabelPropagation;
  readonly #autoscale: boolean;
  readonly #scale: number;

  constructor(options: CorrectAndSmoothOptions) {
    const { autoscale = true, scale = 1 } = options;
    this.prop1 = new LabelPropagation(options.numCorrectionLayers, options.correctionAlpha);
    this.prop2 = new LabelPropagation(options.numSmoothingLayers, options.smoothingAlpha);
    this.#autoscale = autoscale;
    this.#scale = scale;
  }

  /** {@link correct}, then {@link smooth}. */
  forward(...given: Parameters<CorrectAndSmooth['correct']>): tf.Tensor {
    const [ySoft, ...rest] = given;
    return scope(() => this.smooth(this.correct(ySoft, ...rest), ...rest));
  }

  /**
   * @param ySoft float32 [nodes, classes]: probabilities
   * @param classes of the nodes in the mask, in their order
   * @param mask for each node whether its class is known
   * @param edgeWeight float32 [edges], used as they are. Default: the symmetric normalisation.
   * @returns float32 [nodes, classes]
   */
  correct(
    ySoft: tf.Tensor,
    classes: ArrayLike<number>,
    mask: ArrayLike<number | boolean>,
    edges: EdgeIndex,
    edgeWeight: tf.Tensor | null = null,
  ): tf.Tensor {
    return scope(() => {
      const { column, rows, count } = knownRows(ySoft, classes, mask);
      const error = tf.mul(tf.sub(rows, ySoft), column);
      if (!this.#autoscale) {
        const keep = (x: tf.Tensor): tf.Tensor => tf.add(tf.mul(x, tf.sub(1, column)), error);
        return tf.add(ySoft, tf.mul(this.prop1.forward(error, edges, { edgeWeight, postStep: keep }), this.#scale));
      }
      const spread = this.prop1.forward(error, edges, { edgeWeight, postStep: (x) => tf.clipByValue(x, -1, 1) });
      const size = tf.div(tf.sum(tf.abs(error)), Math.max(count, 1));
      const scale = tf.div(size, tf.sum(tf.abs(spread), 1, true));
      // where nothing arrives there is nothing to scale; a NaN compares as false
      const usable = tf.lessEqual(scale, 1000);
      return tf.add(ySoft, tf.mul(tf.where(usable, scale, tf.onesLike(scale)), spread));
    });
  }

  /** Arguments and result as of {@link correct}. */
  smooth(
    ySoft: tf.Tensor,
    classes: ArrayLike<number>,
    mask: ArrayLike<number | boolean>,
    edges: EdgeIndex,
    edgeWeight: tf.Tensor | null = null,
  ): tf.Tensor {
    return scope(() => {
      const { column, rows } = knownRows(ySoft, classes, mask);
      return this.prop2.forward(tf.add(tf.mul(ySoft, tf.sub(1, column)), rows), edges, { edgeWeight });
    });
  }
}

/** A float32 [nodes] of ones and zeros. */
function maskOf(mask: ArrayLike<number | boolean>, nodes: number): tf.Tensor1D {
  check(mask.length === nodes, () => `a mask of ${nodes} nodes has an entry for each, got ${mask.length}`);
  return tf.tensor1d(Float32Array.from(mask as ArrayLike<number>, Number));
}

/** Known classes as rows among all nodes, zeros elsewhere, and a column of which they are. */
function knownRows(
  ySoft: tf.Tensor,
  classes: ArrayLike<number>,
  mask: ArrayLike<number | boolean>,
): { column: tf.Tensor; rows: tf.Tensor; count: number } {
  const [nodes, width] = ySoft.shape as [number, number];
  const column = tf.expandDims(maskOf(mask, nodes), 1);
  const known = Array.from(mask, Number).flatMap((inside, node) => (inside === 0 ? [] : [node]));
  check(
    known.length === classes.length,
    () => `the mask marks ${known.length} nodes, but there are classes of ${classes.length}`,
  );
  const place = new Int32Array(nodes).fill(known.length);
  known.forEach((node, i) => (place[node] = i));
  const rows = tf.gather(tf.concat([labelRows(classes, width), tf.zeros([1, width])]), place);
  return { column, rows, count: known.length };
}
