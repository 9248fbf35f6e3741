import type { EnhancementReport } from '../../training/index.js';

/** Scores as lines of text. */
export function scoreLines(scores: EnhancementReport): string[] {
  const decibels = (value: number): string => `${value.toFixed(2).padStart(7)} dB`;
  return [
    `SI-SDR improvement  ${decibels(scores.siSdri)}  (better in ${(100 * scores.improved).toFixed(1)} % of examples)`,
    `SI-SDR              ${decibels(scores.siSdr)}`,
  ];
}
