import * as tf from '@tensorflow/tfjs-core';
import { check, Linear, Module, ModuleDict, scope, type Parameter } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { hop, hops } from '../hops.js';
import { zeroBias } from '../initialise.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';

export interface MixHopConvOptions extends ConvOptions {
  /** Numbers of hops that stand side by side in the result. Default [0, 1, 2]. */
  readonly powers?: readonly number[];
  /** Adds a self loop to each node that has none. Default true. */
  readonly addSelfLoops?: boolean;
}

/** Several numbers of hops side by side, each with its own linear map (Abu-El-Haija et al. 2019, arXiv:1905.00067). */
export class MixHopConv extends Module {
  /** By number of hops. */
  readonly lins: ModuleDict<Linear>;
  readonly bias: Parameter | null;
  readonly powers: readonly number[];
  readonly addSelfLoops: boolean;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: MixHopConvOptions = {},
  ) {
    super();
    const { powers = [0, 1, 2], addSelfLoops = true, bias = true, generator } = options;
    check(
      powers.length > 0 && powers.every((power) => Number.isInteger(power) && power >= 0),
      () => `MixHopConv: powers must be whole numbers, got [${powers.join(', ')}]`,
    );
    const map = (): Linear => new Linear(inChannels, outChannels, { bias: false, generator });
    this.lins = new ModuleDict([...new Set(powers)].map((power) => [String(power), map()] as const));
    this.bias = bias ? zeroBias(powers.length * outChannels) : null;
    this.powers = [...powers];
    this.addSelfLoops = addSelfLoops;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param edgeWeight float32 [edges]; null for ones
   * @returns float32 [nodes, powers * outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeWeight: tf.Tensor | null = null): tf.Tensor {
    checkFeatures('MixHopConv', x, edges.nodes, this.inChannels);
    return scope(() => {
      const once = hop(edges, edgeWeight, { addSelfLoops: this.addSelfLoops });
      const all = hops(x, Math.max(...this.powers), once);
      const y = tf.concat(
        this.powers.map((power) => this.lins.get(String(power)).forward(all[power]!)),
        1,
      );
      return this.bias === null ? y : tf.add(y, this.bias.value);
    });
  }
}
