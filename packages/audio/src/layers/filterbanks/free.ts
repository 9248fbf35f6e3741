import * as tf from '@tensorflow/tfjs-core';
import { init, layouts, Parameter, scope, type Generator } from '@hourglass/core';
import { Filterbank, type FilterbankOptions } from './filterbank.js';

/** `gain` of Glorot's normal distribution, which is what asteroid draws filters from. */
function drawn(filters: number, kernelSize: number, gain: number, generator: Generator | undefined): Parameter {
  const parameter = new Parameter(tf.zeros([kernelSize, 1, filters]), layouts.conv1d);
  init.xavierNormal(parameter, { gain, ...(generator === undefined ? {} : { generator }) });
  return parameter;
}

/** Filters that are learned without any constraint. */
export class FreeFB extends Filterbank {
  /** In memory [kernel, 1, filters]; [filters, 1, kernel] in checkpoints. */
  readonly _filters: Parameter;

  constructor(options: FilterbankOptions, generator?: Generator) {
    super(options);
    this._filters = drawn(options.nFilters, options.kernelSize, 1, generator);
  }

  filters(): tf.Tensor {
    return this._filters.value;
  }
}

/**
 * Learned filters, each with a second one for its imaginary part (Pariente et al. 2020, arXiv:1910.10400). asteroid means the second
 * to be the Hilbert transform; with today's torch its program conjugates the spectrum instead, which turns the filter around, and checkpoints
 * are trained with that.
 */
export class AnalyticFreeFB extends Filterbank {
  /** Checkpoint [filters / 2, 1, kernel]. */
  readonly _filters: Parameter;

  constructor(options: FilterbankOptions, generator?: Generator) {
    super(options);
    this._filters = drawn(Math.floor(options.nFilters / 2), options.kernelSize, Math.SQRT1_2, generator);
  }

  override get nFeatsOut(): number {
    return 2 * Math.floor(this.nFilters / 2);
  }

  filters(): tf.Tensor {
    return scope(() => {
      const filters = this._filters.value;
      const size = this.kernelSize;
      const turned = Array.from({ length: size }, (_, i) => (size - i) % size);
      return tf.concat([filters, tf.gather(filters, turned)], 2);
    });
  }
}
