import { CheckpointError } from '@hourglass/core';

/** What a trained model needs to be used on sequences: kept beside its configuration in config.json, as `setup`. Plain JSON. */
export interface SequenceSetup {
  /** Subtracted from each channel. */
  readonly mean: readonly number[];
  /** Divides what remains. */
  readonly std: readonly number[];
  /** Steps of the windows that it was trained on; null before training. */
  readonly window: number | null;
}

/** The setup of a new model: sequences go in as they are. */
export function defaultSetup(channels: number): SequenceSetup {
  const all = (value: number): number[] => Array.from({ length: channels }, () => value);
  return { mean: all(0), std: all(1), window: null };
}

/** The setup in a config.json. @throws CheckpointError when it is none. */
export function readSetup(stored: unknown, channels: number): SequenceSetup {
  const { mean, std, window = null } = (stored ?? {}) as Partial<SequenceSetup>;
  const isRow = (row: readonly number[] | undefined): row is readonly number[] =>
    Array.isArray(row) && row.length === channels && row.every(Number.isFinite);
  if (!isRow(mean) || !isRow(std) || !std.every((value) => value > 0)) {
    throw new CheckpointError(
      `config.json: 'setup' is damaged: it needs a mean and a positive std for each of the ${channels} channels`,
    );
  }
  return { mean, std, window };
}
