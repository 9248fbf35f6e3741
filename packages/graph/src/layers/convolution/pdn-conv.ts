import * as tf from '@tensorflow/tfjs-core';
import { functional, Module, ReLU, scope, Sequential, Sigmoid, type Linear, type Parameter } from '@hourglass/core';
import { gcnNorm, type EdgeIndex } from '../../edges/index.js';
import { glorotLinear, zeroBias } from '../initialise.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';

export interface PDNConvOptions extends ConvOptions {
  /** Width of the edges' attributes. */
  readonly edgeDim: number;
  /** Of the network that makes weights of them. */
  readonly hiddenChannels: number;
  /** Default true. */
  readonly addSelfLoops?: boolean;
  /** Divides by the degrees, as {@link gcnNorm}. Default true. */
  readonly normalize?: boolean;
}

/** Pathfinder discovery network: graph convolution with weights learned from the edges' attributes (Rozemberczki et al. 2020, arXiv:2010.12878). */
export class PDNConv extends Module {
  readonly lin: Linear;
  readonly mlp: Sequential;
  readonly bias: Parameter | null;
  readonly #loops: boolean;
  readonly #normalize: boolean;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: PDNConvOptions,
  ) {
    super();
    const { edgeDim, hiddenChannels, addSelfLoops = true, normalize = true, bias = true, generator } = options;
    const random = { generator };
    this.lin = glorotLinear(inChannels, outChannels, { bias: false, ...random });
    this.mlp = new Sequential(
      glorotLinear(edgeDim, hiddenChannels, random),
      new ReLU(),
      glorotLinear(hiddenChannels, 1, random),
      new Sigmoid(),
    );
    this.bias = bias ? zeroBias(outChannels) : null;
    this.#loops = addSelfLoops;
    this.#normalize = normalize;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param edgeAttr float32 [edges, edgeDim]; null weighs all edges alike
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeAttr: tf.Tensor | null = null): tf.Tensor {
    checkFeatures('PDNConv', x, edges.nodes, this.inChannels);
    return scope(() => {
      const weight = edgeAttr === null ? null : tf.squeeze(this.mlp.forward(edgeAttr), [1]);
      const norm = this.#normalize ? gcnNorm(edges, weight, { addSelfLoops: this.#loops }) : { edges, weight };
      const y = functional.spmm(norm.edges.adjacency, norm.weight, this.lin.forward(x));
      return this.bias === null ? y : tf.add(y, this.bias.value);
    });
  }
}
