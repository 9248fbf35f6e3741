import type { Waveform } from './waveform.js';

/** Root mean square. */
export function rootMeanSquare(samples: Float32Array): number {
  let sum = 0;
  for (const value of samples) sum += value * value;
  return Math.sqrt(sum / samples.length);
}

/** Samples beyond full scale, which a file of integers cannot hold. */
export function samplesBeyondFullScale({ channels }: Waveform): number {
  let count = 0;
  for (const samples of channels) for (const value of samples) if (value > 1 || value < -1) count++;
  return count;
}
