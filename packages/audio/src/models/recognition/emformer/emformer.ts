/**
 * "Emformer: Efficient Memory Transformer Based Acoustic Model For Low Latency Streaming Speech Recognition", Shi et al. 2020,
 * arXiv:2010.10759, as `torchaudio.models.Emformer` has it (BSD-2-Clause), whose parameter names and checkpoints it takes.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  loadPretrained,
  ModuleList,
  ownFamily,
  scope,
  type Generator,
  type losses,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { torchaudioFamily } from '../../torchaudio.js';
import { checkFeatures, lengthsOf } from '../lengths.js';
import { EmformerLayer, meanOfSegments, type EmformerFlow, type EmformerLayerState } from './layer.js';
import { attentionMask, keyPadding, rightContextIndex, type Segmentation } from './masks.js';

/** What an {@link Emformer} is built from: torchaudio's arguments. Lengths are in frames. */
export interface EmformerConfig {
  /** Features of a frame, also within. */
  readonly inputDim: number;
  readonly numHeads: number;
  readonly ffnDim: number;
  readonly numLayers: number;
  readonly segmentLength: number;
  /** Default 0. */
  readonly dropout?: number;
  /** Default 'relu'. */
  readonly activation?: 'relu' | 'gelu' | 'silu';
  /** Frames before a segment that it sees. Default 0. */
  readonly leftContextLength?: number;
  /** Frames after a segment that it sees. Default 0. */
  readonly rightContextLength?: number;
  /** Summaries of earlier segments that a segment sees. Default 0. */
  readonly maxMemorySize?: number;
  /** How initial weights get smaller, with depth or all alike. Default 'depthwise'. */
  readonly weightInitScaleStrategy?: 'depthwise' | 'constant' | null;
  /** Keep memory within bounds by a tanh, not by cutting it at ±10. Default false. */
  readonly tanhOnMem?: boolean;
  /** Stands for minus infinity among attention scores. Default -1e8. */
  readonly negativeInf?: number;
}

/** What a stream carries from one segment to the next, a layer at a time. Dispose it with `disposeTensors`. */
export type EmformerState = readonly EmformerLayerState[];

/** Encoded frames with their lengths. */
export interface EncodedFrames {
  /** float32 [N, T, D] */
  readonly output: tf.Tensor;
  readonly lengths: readonly number[];
}

/** {@link EncodedFrames} of a part of a stream, with what its next part needs. */
export interface EncodedSegment<State> extends EncodedFrames {
  readonly state: State;
}

/** A Transformer that works segment by segment, with memory, left context from a cache, and a few frames of right context. */
export class Emformer extends ConfiguredModel<EmformerConfig> {
  protected override readonly modelType = modelType;
  override readonly config: EmformerConfig;
  readonly emformer_layers: ModuleList<EmformerLayer>;
  readonly segmentation: Segmentation;

  /** @throws InvalidArgumentError for lengths and options that make no sense */
  constructor(config: EmformerConfig, generator?: Generator) {
    super();
    this.config = config;
    const { inputDim, numHeads, numLayers, segmentLength, activation = 'relu' } = config;
    const { leftContextLength = 0, rightContextLength = 0, maxMemorySize = 0 } = config;
    const {
      dropout = 0,
      tanhOnMem = false,
      negativeInf = -1e8,
      weightInitScaleStrategy: strategy = 'depthwise',
    } = config;
    check(
      numHeads > 0 && inputDim % numHeads === 0,
      `Emformer: ${inputDim} features do not divide into ${numHeads} heads`,
    );
    check(segmentLength > 0, `Emformer: segments are ${segmentLength} frames long; they need at least one`);
    for (const [name, length] of Object.entries({ leftContextLength, rightContextLength, maxMemorySize }))
      check(
        Number.isInteger(length) && length >= 0,
        `Emformer: ${name} is ${length}; it must be a whole number, 0 or more`,
      );
    check(
      ['relu', 'gelu', 'silu'].includes(activation),
      `Emformer: there is no activation '${activation}'; there are relu, gelu, silu`,
    );
    check(
      strategy === null || Object.hasOwn(initGains, strategy),
      `Emformer: there is no weightInitScaleStrategy '${strategy}'; there are depthwise, constant and null`,
    );
    this.segmentation = { segmentLength, leftContextLength, rightContextLength, maxMemorySize };
    const common = { numHeads, ffnDim: config.ffnDim, activation, dropout, tanhOnMem, negativeInf, generator };
    this.emformer_layers = new ModuleList(
      Array.from({ length: numLayers }, (_, i) => {
        const weightInitGain = strategy === null ? null : initGains[strategy](i);
        return new EmformerLayer(inputDim, this.segmentation, { ...common, weightInitGain });
      }),
    );
  }

  /**
   * A whole utterance, each frame seeing what it would in a stream.
   *
   * @param x float32 [N, T + rightContextLength, inputDim]
   * @param lengths of which the differences to the longest count: as in the reference, that many last frames of an utterance are padding, which is
   *   not seen, and nothing is padding in the longest one
   * @returns float32 [N, T, inputDim], and the lengths as given (default T)
   * @throws InvalidArgumentError for other shapes, and inputs without a frame before the right context
   */
  forward(x: tf.Tensor, lengths?: losses.Integers): EncodedFrames {
    const [n, total, right] = this.#check(x);
    const frames = total - right;
    const valid = lengthsOf('Emformer', lengths, n, frames, total);
    return scope(() => {
      const utterance = tf.slice(x, [0, 0, 0], [n, frames, this.config.inputDim]);
      const rightContext = this.#rightContext(x, frames);
      let memory: tf.Tensor | null = null;
      if (this.segmentation.maxMemorySize > 0) {
        const means = meanOfSegments(utterance, this.segmentation);
        memory = tf.slice(means, [0, 0, 0], [-1, means.shape[1]! - 1, -1]);
      }
      const mask = attentionMask(this.segmentation, frames);
      const masks = { attentionMask: mask, paddingMask: keyPadding(valid, mask.shape[1]) };
      let flow: EmformerFlow = { utterance, rightContext, memory };
      for (const layer of this.emformer_layers) flow = layer.forward(flow, masks);
      return { output: tf.clone(flow.utterance), lengths: valid };
    });
  }

  /**
   * The next segment of a stream.
   *
   * @param x float32 [N, segmentLength + rightContextLength, inputDim]
   * @param lengths valid frames of each with the right context; default all. Differences to the longest count, as in {@link forward}.
   * @param state what the call before returned; null at the beginning. It stays the caller's.
   * @returns float32 [N, segmentLength, inputDim] with lengths without the right context
   * @throws InvalidArgumentError for another number of frames
   */
  infer(x: tf.Tensor, lengths?: losses.Integers, state: EmformerState | null = null): EncodedSegment<EmformerState> {
    const { segmentLength, rightContextLength } = this.segmentation;
    const [n, total, right] = this.#check(x);
    check(
      total === segmentLength + rightContextLength,
      `Emformer: a segment with its right context is ${segmentLength + rightContextLength} frames long, got ${total}`,
    );
    check(
      state === null || state.length === this.emformer_layers.length,
      () => `Emformer: a state of ${state!.length} layers for a model of ${this.emformer_layers.length}`,
    );
    const valid = lengthsOf('Emformer', lengths, n, total).map((length) => Math.max(length - right, 0));
    return scope(() => {
      const sizes = [segmentLength, right];
      const [utterance, rightContext] = (right === 0 ? [x, emptyOf(x)] : tf.split(x, sizes, 1)) as [
        tf.Tensor,
        tf.Tensor,
      ];
      const memory = this.segmentation.maxMemorySize > 0 ? meanOfSegments(utterance, this.segmentation) : null;
      let flow: EmformerFlow = { utterance, rightContext, memory };
      const states: EmformerLayerState[] = [];
      [...this.emformer_layers].forEach((layer, i) => {
        const next = layer.infer(flow, (keys) => keyPadding(valid, keys), state?.[i] ?? null);
        flow = next.flow;
        states.push(next.state);
      });
      return { output: tf.clone(flow.utterance), lengths: valid, state: states };
    });
  }

  /** Examples, frames with the right context, and the right context. */
  #check(x: tf.Tensor): [number, number, number] {
    checkFeatures('Emformer', x, this.config.inputDim);
    const [n, total] = x.shape;
    const { rightContextLength } = this.segmentation;
    check(
      total > rightContextLength,
      () =>
        `Emformer: ${total} frames, of which the last ${rightContextLength} are right context, leave none to encode: shape [${x.shape.join(', ')}]`,
    );
    return [n, total, rightContextLength];
  }

  #rightContext(x: tf.Tensor, frames: number): tf.Tensor {
    if (this.segmentation.rightContextLength === 0) return emptyOf(x);
    return tf.gather(x, rightContextIndex(this.segmentation, frames), 1);
  }

  /** Loads a checkpoint of this library or of torchaudio's model: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<Emformer> {
    return loadPretrained(source, emformerFamilies, options);
  }
}

function emptyOf(x: tf.Tensor): tf.Tensor {
  return tf.zeros([x.shape[0]!, 0, x.shape[2]!]);
}

const initGains = {
  depthwise: (layer: number) => 1 / Math.sqrt(layer + 1),
  constant: () => 1 / Math.SQRT2,
} satisfies Record<string, (layer: number) => number>;

const modelType = 'hourglass-emformer';

/** Kinds of checkpoint that {@link Emformer.fromPretrained} reads. */
export const emformerFamilies: ReadonlyArray<ModelFamily<Emformer>> = [
  ownFamily(modelType, (config: EmformerConfig) => new Emformer(config)),
  torchaudioFamily(
    'Emformer',
    [
      'inputDim',
      'numHeads',
      'ffnDim',
      'numLayers',
      'segmentLength',
      'dropout',
      'activation',
      'leftContextLength',
      'rightContextLength',
      'maxMemorySize',
      'weightInitScaleStrategy',
      'tanhOnMem',
      'negativeInf',
    ],
    (config: EmformerConfig) => new Emformer(config),
  ),
];
