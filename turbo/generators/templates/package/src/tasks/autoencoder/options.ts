import type { OptionSpec } from '@hourglass/core';
import type { ReconstructionScores } from '../../metrics/explained.js';
import { openSequences, split, type SequenceSplits } from '../../node/dataset.js';
import { waves } from '../../data/waves.js';

/** The user's own sequences. */
export const dataOption = {
  kind: 'text',
  placeholder: 'FOLDER',
  description: 'CSV files, one for each sequence: a row a step, a column a channel; without it, waves are generated',
} as const satisfies OptionSpec;

/** The sequences of a folder, or generated ones. */
export async function openData(folder: string | undefined): Promise<SequenceSplits> {
  return folder === undefined ? split(waves({ count: 120 })) : openSequences(folder);
}

/** Scores for people. */
export function scoreLine({ explained, rmse }: ReconstructionScores): string {
  return `explained variance ${(100 * explained).toFixed(2)} % (the mean alone: 0 %), RMSE ${rmse.toPrecision(3)}`;
}
