import type * as tf from '@tensorflow/tfjs-core';
import { check, functional, Module, scope, type Linear, type Parameter } from '@hourglass/core';
import { gcnNorm, type EdgeIndex, type GcnNormOptions } from '../../edges/index.js';
import { glorotLinear, zeroBias } from '../initialise.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';
import { mapNarrowly } from '../propagate.js';

export interface GCNConvOptions extends ConvOptions, GcnNormOptions {
  /** Divides by the degrees, as {@link gcnNorm}. Default true. */
  readonly normalize?: boolean;
}

/** Graph convolution (Kipf and Welling 2016, arXiv:1609.02907). */
export class GCNConv extends Module {
  readonly lin: Linear;
  readonly bias: Parameter | null;
  readonly #norm: GcnNormOptions | null;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: GCNConvOptions = {},
  ) {
    super();
    const { normalize = true, improved = false, addSelfLoops = normalize, bias = true, ...random } = options;
    check(normalize || !addSelfLoops, 'GCNConv: self loops are only added where the weights are normalised');
    this.#norm = normalize ? { improved, addSelfLoops } : null;
    this.lin = glorotLinear(inChannels, outChannels, { bias: false, ...random });
    this.bias = bias ? zeroBias(outChannels) : null;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    checkFeatures('GCNConv', x, edges.nodes, this.inChannels);
    return scope(() => {
      const norm = this.#norm === null ? { edges, weight: edgeWeight } : gcnNorm(edges, edgeWeight, this.#norm);
      return mapNarrowly(x, this.lin.weight.value, this.bias?.value ?? null, (x) =>
        functional.spmm(norm.edges.adjacency, norm.weight, x),
      );
    });
  }
}
