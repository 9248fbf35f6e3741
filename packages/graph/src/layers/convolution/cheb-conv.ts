import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount, functional, Module, ModuleList, scope, type Linear, type Parameter } from '@hourglass/core';
import { laplacian, type EdgeIndex, type LaplacianNormalization } from '../../edges/index.js';
import { glorotLinear, zeroBias } from '../initialise.js';
import { atSources, checkFeatures, type ConvOptions } from '../message-passing.js';

/** Keeps graphs without edges from a division by zero. */
const smallest = 1e-30;

export interface ChebConvOptions extends ConvOptions {
  /** Number of polynomials. */
  readonly K: number;
  /** Which Laplacian. Default `sym`. */
  readonly normalization?: LaplacianNormalization;
}

export interface ChebConvInputs {
  /** float32 [edges]; null for ones */
  readonly edgeWeight?: tf.Tensor | null;
  /**
   * Largest eigenvalue of the Laplacian; a tensor [] or, with `batch`, [graphs]. Default: twice the largest weight, which is never
   * too small for the normalised ones.
   */
  readonly lambdaMax?: number | tf.Tensor;
  /** The graph of each node, where there is a lambdaMax for each graph. */
  readonly batch?: functional.Segments | null;
}

/** Chebyshev polynomials of the Laplacian (Defferrard et al. 2016, arXiv:1606.09375). */
export class ChebConv extends Module {
  readonly lins: ModuleList<Linear>;
  readonly bias: Parameter | null;
  readonly #normalization: LaplacianNormalization;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: ChebConvOptions,
  ) {
    super();
    const { K, normalization = 'sym', bias = true, generator } = options;
    checkCount('ChebConv: K', K);
    this.lins = new ModuleList(
      Array.from({ length: K }, () => glorotLinear(inChannels, outChannels, { bias: false, generator })),
    );
    this.bias = bias ? zeroBias(outChannels) : null;
    this.#normalization = normalization;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, inputs: ChebConvInputs = {}): tf.Tensor {
    checkFeatures('ChebConv', x, edges.nodes, this.inChannels);
    return scope(() => {
      const { edges: target, weight } = this.#scaled(edges, inputs);
      const apply = (x: tf.Tensor): tf.Tensor => functional.spmm(target.adjacency, weight, x);
      const terms = [this.lins.at(0).forward(x)];
      let [before, last] = [x, x];
      for (let k = 1; k < this.lins.length; k++) {
        const next = k === 1 ? apply(x) : tf.sub(tf.mul(apply(last), 2), before);
        [before, last] = [last, next];
        terms.push(this.lins.at(k).forward(next));
      }
      const y = tf.addN(terms);
      return this.bias === null ? y : tf.add(y, this.bias.value);
    });
  }

  /** 2 L / lambdaMax - I. */
  #scaled(edges: EdgeIndex, inputs: ChebConvInputs): { edges: EdgeIndex; weight: tf.Tensor } {
    const { edgeWeight = null, lambdaMax, batch = null } = inputs;
    const { edges: target, weight } = laplacian(edges, edgeWeight, this.#normalization);
    const largest = lambdaMax ?? tf.maximum(tf.mul(tf.max(weight), 2), smallest);
    const isForEach = largest instanceof tf.Tensor && largest.size > 1;
    check(
      !isForEach || batch !== null,
      'ChebConv: lambdaMax has a value for each graph, but there is no batch to say which node is in which',
    );
    const divisor = isForEach ? atSources(functional.segmentGather(largest, batch!), target) : largest;
    const scaled = tf.div(tf.mul(weight, 2), divisor);
    const loops = target.nodes;
    const [others, own] = tf.split(scaled, [target.edges - loops, loops]);
    return { edges: target, weight: tf.concat([others!, tf.sub(own!, 1)]) };
  }
}
