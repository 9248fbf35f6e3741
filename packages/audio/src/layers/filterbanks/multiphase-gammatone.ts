import * as tf from '@tensorflow/tfjs-core';
import { check, layouts, StateBuffer } from '@hourglass/core';
import { Filterbank, type FilterbankOptions } from './filterbank.js';

const centres = 24;

/** Gammatone filters of several phases (Ditter and Gerkmann 2020, arXiv:1910.11615). Not learned. */
export class MultiphaseGammatoneFB extends Filterbank {
  /** Checkpoint [filters, 1, kernel]. */
  readonly _filters: StateBuffer;

  constructor(options: FilterbankOptions) {
    super(options);
    const { nFilters, kernelSize, sampleRate } = this;
    check(nFilters % 2 === 0, () => `gammatone filters come in pairs, got ${nFilters}`);
    const pairs = nFilters / 2;
    const rows: Float64Array[] = [];
    let centre = 100;
    for (let i = 0; i < centres; i++) {
      const phases = Math.floor(pairs / centres) + (i < pairs % centres ? 1 : 0);
      const some = Array.from({ length: phases }, (_, p) =>
        impulse(kernelSize, sampleRate, centre, (p / phases) * Math.PI),
      );
      // the other half of the circle
      rows.push(...some, ...some.map((row) => row.map((value) => -value)));
      centre = hertz(erb(centre) + 1);
    }
    const strengths = rows.map((row) => Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / kernelSize));
    const loudest = Math.max(...strengths);
    const values = new Float32Array(kernelSize * nFilters);
    rows.forEach((row, f) => {
      row.forEach((value, t) => (values[t * nFilters + f] = (value * loudest) / strengths[f]!));
    });
    this._filters = new StateBuffer(tf.tensor3d(values, [kernelSize, 1, nFilters]), { layout: layouts.conv1d });
  }

  filters(): tf.Tensor {
    return this._filters.value;
  }
}

/** Of order 2. */
function impulse(length: number, sampleRate: number, centre: number, phase: number): Float64Array {
  const bandwidth = (24.7 + 0.108 * centre) / (Math.PI / 2);
  const [first, last] = [1 / sampleRate, length / sampleRate];
  return Float64Array.from({ length }, (_, i) => {
    const t = length === 1 ? first : first + ((last - first) * i) / (length - 1);
    return t * Math.exp(-2 * Math.PI * bandwidth * t) * Math.cos(2 * Math.PI * centre * t + phase);
  });
}

const erb = (hz: number): number => 9.265 * Math.log(1 + hz / (24.7 * 9.265));
const hertz = (rate: number): number => (Math.exp(rate / 9.265) - 1) * 24.7 * 9.265;
