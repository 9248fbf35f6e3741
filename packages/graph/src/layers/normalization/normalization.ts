import type * as tf from '@tensorflow/tfjs-core';
import { Identity, InvalidArgumentError, type functional, type Module } from '@hourglass/core';
import { BatchNorm } from './batch-norm.js';
import { GraphNorm } from './graph-norm.js';
import { GraphSizeNorm } from './graph-size-norm.js';
import { InstanceNorm } from './instance-norm.js';
import { LayerNorm } from './layer-norm.js';
import { MeanSubtractionNorm } from './mean-subtraction-norm.js';
import { PairNorm } from './pair-norm.js';

/** A norm of nodes' features. */
export interface Normalization extends Module {
  /**
   * @param x float32 [nodes, channels]
   * @param batch the graph that each node belongs to; without it all nodes are of one graph
   * @returns x's shape
   */
  forward(x: tf.Tensor, batch?: functional.Segments | null): tf.Tensor;
}

/** Returns its input. */
export class NoNormalization extends Identity implements Normalization {}

/** Options of the norm's class. */
export type NormalizationOptions = Readonly<Record<string, unknown>>;

const makers = {
  batch: (channels: number, options: NormalizationOptions): Normalization => new BatchNorm(channels, options),
  graph: (channels: number, options: NormalizationOptions): Normalization => new GraphNorm(channels, options),
  graph_size: (): Normalization => new GraphSizeNorm(),
  instance: (channels: number, options: NormalizationOptions): Normalization => new InstanceNorm(channels, options),
  layer: (channels: number, options: NormalizationOptions): Normalization => new LayerNorm(channels, options),
  mean_subtraction: (): Normalization => new MeanSubtractionNorm(),
  // the reference gives every norm the width, which is this one's scale
  pair: (channels: number, options: NormalizationOptions): Normalization =>
    new PairNorm({ scale: channels, ...options }),
} as const;

/** What {@link normalizationOf} knows; it takes the classes' names and PyTorch Geometric's spellings (`batch_norm`) too. */
export type NormalizationName = keyof typeof makers;

/**
 * A new norm by name, or one that does nothing for null.
 *
 * @throws InvalidArgumentError for an unknown name, listing those there are
 */
export function normalizationOf(
  name: string | null,
  channels: number,
  options: NormalizationOptions = {},
): Normalization {
  if (name === null) return new NoNormalization();
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replaceAll(/[_\- ]/g, '')
      .replace(/norm$/, '');
  const known = Object.entries(makers).find(([key]) => plain(key) === plain(name));
  if (known === undefined) {
    throw new InvalidArgumentError(`unknown norm ${JSON.stringify(name)}; there are ${Object.keys(makers).join(', ')}`);
  }
  return known[1](channels, options);
}
