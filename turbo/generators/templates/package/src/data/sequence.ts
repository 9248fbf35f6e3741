import { check } from '@hourglass/core';

/** Numbers over time: what the models of this package see. */
export interface Sequence {
  /** For messages and files. */
  readonly name: string;
  /** Steps by channels, row by row. */
  readonly values: Float32Array;
  readonly channels: number;
}

/** Number of steps. */
export function lengthOf({ values, channels }: Sequence): number {
  return values.length / channels;
}

/** Mean and deviation of each channel over all steps; a channel that never changes has the deviation 1. */
export function statistics(sequences: readonly Sequence[]): { mean: number[]; std: number[] } {
  const channels = checkChannels(sequences);
  const steps = sequences.reduce((sum, sequence) => sum + lengthOf(sequence), 0);
  const mean = Array.from({ length: channels }, () => 0);
  const square = mean.slice();
  for (const { values } of sequences) values.forEach((value, i) => (mean[i % channels]! += value / steps));
  for (const { values } of sequences) {
    values.forEach((value, i) => (square[i % channels]! += (value - mean[i % channels]!) ** 2 / steps));
  }
  return { mean, std: square.map((variance) => Math.sqrt(variance) || 1) };
}

/** The channels that all sequences have. @throws InvalidArgumentError when they differ. */
export function checkChannels(sequences: readonly Sequence[]): number {
  const [first] = sequences;
  check(first !== undefined, 'there are no sequences');
  for (const { name, channels } of sequences) {
    check(
      channels === first.channels,
      () => `${name} has ${channels} channels, ${first.name} has ${first.channels}: all must have the same`,
    );
  }
  return first.channels;
}
