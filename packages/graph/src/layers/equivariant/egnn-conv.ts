import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  forwardAll,
  functional,
  init,
  Linear,
  Module,
  scope,
  Sequential,
  Sigmoid,
  SiLU,
  Tanh,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { linearOfEnds } from '../ends-linear.js';
import { atDestinations, atSources, checkFeatures } from '../message-passing.js';

export interface EGNNConvOptions {
  /** Default: inChannels. */
  readonly outChannels?: number;
  /** Of the networks. Default: inChannels. */
  readonly hiddenChannels?: number;
  /** Width of the edges' attributes. Default 0. */
  readonly edgeDim?: number;
  /** Moves coordinates along velocities that are given, and learns how much. Default false. */
  readonly velocity?: boolean;
  /** Infers edges: a gate for each message from the message itself. Default false. */
  readonly attention?: boolean;
  /** Divides differences of coordinates by their length (plus 1e-8). Default false. */
  readonly normalize?: boolean;
  /** Bounds how far one neighbour moves a node. Default false. */
  readonly tanh?: boolean;
  /** Adds the features to their update; where widths differ there is nothing to add. Default true. */
  readonly residual?: boolean;
  /** Whether neighbours' pulls are averaged or added. Default `mean`, as the authors' code; `sum` is the paper's with C = 1. */
  readonly coordsAgg?: 'mean' | 'sum';
  /** Moves coordinates; false gives a layer of features alone, invariant. Default true. */
  readonly updateCoordinates?: boolean;
  readonly generator?: Generator | undefined;
}

/** What travels through equivariant layers. */
export interface EquivariantState {
  /** float32 [nodes, channels]: unchanged by motions of the coordinates. */
  readonly h: tf.Tensor;
  /** float32 [nodes, dimensions]: moves with them. */
  readonly pos: tf.Tensor;
  /** float32 [nodes, dimensions]: turns with them. */
  readonly velocity?: tf.Tensor | null;
}

/**
 * E(n)-equivariant graph convolution (Satorras, Hoogeboom and Welling 2021, arXiv:2102.09844): messages see features and squared
 * distances, and move coordinates along differences. In any number of dimensions. Parameters as in the authors' `E_GCL`.
 */
export class EGNNConv extends Module {
  readonly edge_mlp: Sequential;
  readonly node_mlp: Sequential;
  readonly coord_mlp: Sequential | null;
  readonly att_mlp: Sequential | null;
  readonly coord_mlp_vel: Sequential | null;
  readonly outChannels: number;
  readonly #options: EGNNConvOptions;

  constructor(
    readonly inChannels: number,
    options: EGNNConvOptions = {},
  ) {
    super();
    const { outChannels = inChannels, hiddenChannels: width = inChannels, edgeDim = 0 } = options;
    const { velocity = false, attention = false, tanh = false, updateCoordinates = true, generator } = options;
    check(!velocity || updateCoordinates, 'EGNNConv: velocities are for a layer that moves coordinates');
    const linear = (inputs: number, outputs: number, bias = true): Linear =>
      new Linear(inputs, outputs, { bias, generator });
    const pull = linear(width, 1, false);
    // small, so that coordinates stay about where they are at first
    init.xavierUniform(pull.weight, { gain: 0.001, generator });
    this.outChannels = outChannels;
    this.edge_mlp = new Sequential(
      linear(2 * inChannels + 1 + edgeDim, width),
      new SiLU(),
      linear(width, width),
      new SiLU(),
    );
    this.node_mlp = new Sequential(linear(inChannels + width, width), new SiLU(), linear(width, outChannels));
    this.coord_mlp = updateCoordinates
      ? new Sequential(linear(width, width), new SiLU(), pull, ...(tanh ? [new Tanh()] : []))
      : null;
    this.att_mlp = attention ? new Sequential(linear(width, 1), new Sigmoid()) : null;
    this.coord_mlp_vel = velocity ? new Sequential(linear(inChannels, width), new SiLU(), linear(width, 1)) : null;
    this.#options = options;
  }

  /**
   * @param edges usually all pairs of different nodes
   * @param edgeAttr float32 [edges, edgeDim]
   * @returns the next state; with velocities, these are how far the coordinates moved
   */
  forward(state: EquivariantState, edges: EdgeIndex, edgeAttr: tf.Tensor | null = null): EquivariantState {
    const { h, pos, velocity = null } = state;
    checkFeatures('EGNNConv', h, edges.nodes, this.inChannels);
    checkFeatures('EGNNConv (coordinates)', pos, edges.nodes);
    check(
      (velocity !== null) === (this.coord_mlp_vel !== null),
      () =>
        `EGNNConv: the layer was made ${this.coord_mlp_vel === null ? 'without' : 'with'} velocity, ` +
        `and is called ${velocity === null ? 'without' : 'with'} one`,
    );
    return scope(() => {
      const offset = tf.sub(atDestinations(pos, edges), atSources(pos, edges));
      const squared = tf.sum(tf.square(offset), 1, true);
      const messages = this.#messages(h, squared, edges, edgeAttr);
      const nextH = this.#features(h, functional.segmentSum(messages, edges.incoming));
      if (this.coord_mlp === null) return { h: nextH, pos: tf.clone(pos) };
      const pulls = tf.mul(this.#direction(offset, squared), this.coord_mlp.forward(messages));
      const join = this.#options.coordsAgg === 'sum' ? functional.segmentSum : functional.segmentMean;
      const pull = join(pulls, edges.incoming);
      if (velocity === null) return { h: nextH, pos: tf.add(pos, pull) };
      const nextVelocity = tf.add(tf.mul(this.coord_mlp_vel!.forward(h), velocity), pull);
      return { h: nextH, pos: tf.add(pos, nextVelocity), velocity: nextVelocity };
    });
  }

  #messages(h: tf.Tensor, squared: tf.Tensor, edges: EdgeIndex, edgeAttr: tf.Tensor | null): tf.Tensor {
    const [first, ...rest] = this.edge_mlp as Iterable<UnaryModule>;
    const edge = edgeAttr === null ? squared : tf.concat([squared, edgeAttr], 1);
    const messages = forwardAll(rest, linearOfEnds(first as Linear, { destination: h, source: h, edge }, edges));
    return this.att_mlp === null ? messages : tf.mul(messages, this.att_mlp.forward(messages));
  }

  #features(h: tf.Tensor, heard: tf.Tensor): tf.Tensor {
    const y = this.node_mlp.forward(tf.concat([h, heard], 1));
    return (this.#options.residual ?? true) && this.inChannels === this.outChannels ? tf.add(h, y) : y;
  }

  #direction(offset: tf.Tensor, squared: tf.Tensor): tf.Tensor {
    if (!this.#options.normalize) return offset;
    // a constant where gradients are taken, as in the authors' code: the root has none at 0
    return tf.div(offset, tf.add(functional.stopGradient(tf.sqrt(squared)), 1e-8));
  }
}
