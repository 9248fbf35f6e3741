import type * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, type Module } from '@hourglass/core';

/** What a decoder may know of an encoder. */
export interface EncoderFacts {
  readonly inChannels: number;
  /** Channels of each feature map, finest first. */
  readonly outChannels: readonly number[];
  /** Input size ÷ size of each feature map. Dilated encoders repeat their last stride. */
  readonly strides: readonly number[];
  /** Stride of the last feature map; sides of the input should be multiples of it. */
  readonly outputStride: number;
  /** True when the first feature map is the input itself, which decoders do not draw on. */
  readonly startsWithInput: boolean;
}

/** Turns pictures [N, H, W, inChannels] into feature maps [N, H/stride, W/stride, channels], finest first. */
export interface Encoder extends Module, EncoderFacts {
  forward(x: tf.Tensor): tf.Tensor[];
}

/** Place of the last (deepest) feature map with this stride. @throws InvalidArgumentError when the encoder has none. */
export function featureAt(facts: EncoderFacts, stride: number): number {
  const index = facts.strides.lastIndexOf(stride);
  if (index < 0) {
    throw new InvalidArgumentError(
      `this decoder needs a feature map at stride ${stride}; the encoder has strides ${facts.strides.join(', ')}`,
    );
  }
  return index;
}

/** Feature maps that a decoder concatenates or adds, finest first: all but a first one that is only the input. */
export function skipChannels(facts: EncoderFacts): readonly number[] {
  return facts.startsWithInput ? facts.outChannels.slice(1) : facts.outChannels;
}

/** The maps themselves; see {@link skipChannels}. */
export function skipFeatures(facts: EncoderFacts, features: readonly tf.Tensor[]): readonly tf.Tensor[] {
  return facts.startsWithInput ? features.slice(1) : features;
}

/** Plain copy of an encoder's facts, for decoders to keep. */
export function factsOf(encoder: EncoderFacts): EncoderFacts {
  const { inChannels, outChannels, strides, outputStride, startsWithInput } = encoder;
  return { inChannels, outChannels: [...outChannels], strides: [...strides], outputStride, startsWithInput };
}
