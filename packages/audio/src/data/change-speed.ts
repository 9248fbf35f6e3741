import { check } from '@hourglass/core';

/**
 * Samples played `factor` times as fast, and as much higher, between whose neighbours values lie on a line. Good for speech that is to
 * vary in training (Ko et al. 2015, "Audio Augmentation for Speech Recognition"), not for listening: it is no filter.
 *
 * @throws InvalidArgumentError unless the factor is positive
 */
export function changeSpeed(samples: Float32Array, factor: number): Float32Array {
  check(factor > 0 && Number.isFinite(factor), `a speed must be above 0, got ${factor}`);
  const result = new Float32Array(Math.round(samples.length / factor));
  for (let i = 0; i < result.length; i++) {
    const at = Math.min(i * factor, samples.length - 1);
    const before = Math.floor(at);
    const after = Math.min(before + 1, samples.length - 1);
    result[i] = samples[before]! + (at - before) * (samples[after]! - samples[before]!);
  }
  return result;
}
