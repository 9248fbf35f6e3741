import type * as tf from '@tensorflow/tfjs-core';
import { check, checkCount, Module } from '@hourglass/core';

/** What every filterbank is made of. */
export interface FilterbankOptions {
  readonly nFilters: number;
  /** Length of the filters. */
  readonly kernelSize: number;
  /** Default half of the filters' length, rounded down. */
  readonly stride?: number | null | undefined;
  /** Hz. Default 8000. */
  readonly sampleRate?: number | undefined;
}

/** Filters that make frames of features out of sound, and sound out of frames again. */
export abstract class Filterbank extends Module {
  readonly nFilters: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly sampleRate: number;

  constructor({ nFilters, kernelSize, stride, sampleRate = 8000 }: FilterbankOptions) {
    super();
    for (const [name, value] of Object.entries({ nFilters, kernelSize }))
      check(Number.isInteger(value) && value > 0, () => `a filterbank needs a whole ${name} above 0, got ${value}`);
    this.nFilters = nFilters;
    this.kernelSize = kernelSize;
    this.stride = stride || Math.floor(kernelSize / 2);
    this.sampleRate = sampleRate;
    checkCount("a filterbank's stride", this.stride);
  }

  /** Features of a frame. */
  get nFeatsOut(): number {
    return this.nFilters;
  }

  /** float32 [kernel, 1, features]; differentiable where they are learned. */
  abstract filters(): tf.Tensor;

  /** Sound [N, time, 1] before the filters see it. */
  beforeAnalysis(x: tf.Tensor): tf.Tensor {
    return x;
  }

  /** Frames [N, frames, features] that the filters made. */
  afterAnalysis(x: tf.Tensor): tf.Tensor {
    return x;
  }

  /** Frames before they become sound. */
  beforeSynthesis(x: tf.Tensor): tf.Tensor {
    return x;
  }

  /** Sound [N, time, 1] that the filters made. */
  afterSynthesis(x: tf.Tensor): tf.Tensor {
    return x;
  }
}
