import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { fold, unfold } from './reference.js';

/** Blocks along an axis of `size` elements: block o reads o · stride - before + t · dilation for t < kernel, 0 outside. */
export interface BlockWindows {
  readonly size: number;
  readonly count: number;
  readonly kernel: number;
  readonly stride: number;
  readonly before: number;
  readonly dilation: number;
}

export interface UnfoldAttrs {
  readonly rows: BlockWindows;
  readonly columns: BlockWindows;
}

export interface FoldInputs {
  readonly x: tf.Tensor;
}

/**
 * x float32 [batch, height, width, channels] to its blocks [batch, rows · columns, channels · kh · kw]; of a block, all of the first
 * channel comes before the second.
 */
export const Unfold = ownKernel<FoldInputs, UnfoldAttrs>('Unfold', unfold);

/** The transpose of {@link Unfold}: x float32 [batch, blocks, channels · kh · kw] to [batch, height, width, channels]. */
export const Fold = ownKernel<FoldInputs, UnfoldAttrs>('Fold', fold);
