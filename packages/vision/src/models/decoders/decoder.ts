import type * as tf from '@tensorflow/tfjs-core';
import { check, type functional, type Generator, type Module } from '@hourglass/core';
import type { EncoderFacts } from '../encoders/encoder.js';

/** One place where a decoder can be read: its channels, and input size ÷ its size. */
export interface DecoderBranch {
  readonly outChannels: number;
  readonly outputStride: number;
}

/** Feature maps of an encoder (finest first) to one map [N, H/outputStride, W/outputStride, outChannels]. */
export interface Decoder extends Module, DecoderBranch {
  forward(features: readonly tf.Tensor[]): tf.Tensor;
  /** Places for deep supervision, shallowest first; the last one is the result of `forward`. */
  readonly branches?: readonly DecoderBranch[];
  /** What `branches` announces. */
  branchOutputs?(features: readonly tf.Tensor[]): tf.Tensor[];
}

/** What stands around a decoder by default, and how it is made: all that a model needs to know of it. */
export interface DecoderFamily<Options extends object> {
  /** Name in segmentation_models.pytorch, where it has the decoder. */
  readonly referenceClass?: string;
  /** Names of the reference's arguments for the options. */
  readonly referenceArguments: Readonly<Record<string, keyof Options>>;
  /** Default depth of the encoder, where it is not all that the encoder has. */
  readonly encoderDepth?: number;
  /** Output strides that it works with, its default first; none given: whatever the encoder has without dilation. */
  readonly encoderOutputStrides?: readonly number[];
  /** True when sides of the input need not be multiples of the encoder's output stride. */
  readonly anySize: boolean;
  /** Kernel of the segmentation head; null when the decoder itself gives a score for each class. */
  readonly headKernel: number | null;
  /** Factor by which the scores are enlarged when none is given. */
  upsampling(facts: EncoderFacts, options: Options): number;
  /** The reference's default, where it is a number whatever the encoder. */
  readonly referenceUpsampling?: number;
  /** Weights are drawn as the reference's `initialize_decoder` does (true) or as each layer's default (false). */
  readonly initialise: boolean;
  /** Fills what is not given with defaults, and checks. */
  resolve(facts: EncoderFacts, given: Partial<Options>): Options;
  build(facts: EncoderFacts, options: Options, classes: number, generator: Generator | undefined): Decoder;
}

/** How a decoder enlarges maps. */
export type Interpolation = NonNullable<Parameters<typeof functional.interpolate>[1]['mode']>;

/** Depth of an encoder: levels below the input's resolution. */
export function depthOf(facts: EncoderFacts): number {
  return facts.outChannels.length - 1;
}

/** @throws InvalidArgumentError unless the encoder is at least `least` levels deep. */
export function checkDepth(facts: EncoderFacts, least: number, who: string): void {
  check(depthOf(facts) >= least, () => `${who} needs an encoder of depth ${least} or more, got ${depthOf(facts)}`);
}

/** Channels of a decoder with one block a level: the reference's widths, or the mirror of an encoder that begins at full resolution. */
export function defaultChannels(facts: EncoderFacts): number[] {
  const depth = depthOf(facts);
  return facts.startsWithInput ? [256, 128, 64, 32, 16].slice(-depth) : facts.outChannels.slice(0, -1).reverse();
}

/** @throws InvalidArgumentError unless there is one positive width for each level. */
export function checkChannels(facts: EncoderFacts, channels: readonly number[], who: string): void {
  const depth = depthOf(facts);
  check(
    channels.length === depth && channels.every((c) => Number.isInteger(c) && c > 0),
    () => `${who} on an encoder of depth ${depth} needs ${depth} decoder channels, got ${JSON.stringify(channels)}`,
  );
}

/** Height and width of a map [N, H, W, C]. */
export function sizeOf(x: tf.Tensor): [number, number] {
  return [x.shape[1]!, x.shape[2]!];
}

/** The options without what is undefined, over the defaults. */
export function withDefaults<Options extends object>(defaults: Options, given: Partial<Options>): Options {
  return { ...defaults, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}
