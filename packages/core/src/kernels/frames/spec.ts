import type * as tf from '@tensorflow/tfjs-core';
import { ownKernel } from '../own.js';
import { frames, overlapAdd } from './reference.js';

export interface FramesInputs {
  readonly x: tf.Tensor;
}

export interface FramesAttrs {
  readonly count: number;
  readonly length: number;
  readonly hop: number;
}

/** x float32 [B, T] to y [B, count, length] with y[b, f, i] = x[b, f · hop + i]; all that is read lies in x. */
export const Frames = ownKernel<FramesInputs, FramesAttrs>('Frames', frames);

export interface OverlapAddAttrs {
  /** T, at least what the frames cover. */
  readonly size: number;
  readonly hop: number;
}

/** The transpose of {@link Frames}: x float32 [B, count, length] to [B, T]. */
export const OverlapAdd = ownKernel<FramesInputs, OverlapAddAttrs>('OverlapAdd', overlapAdd);
