import type { SeparationReport } from '../../training/index.js';

/** Scores as lines of text. */
export function scoreLines(scores: SeparationReport): string[] {
  const decibels = (value: number): string => `${value.toFixed(2).padStart(7)} dB`;
  return [
    `SI-SDR improvement  ${decibels(scores.siSdri)}  (deviation ${scores.siSdriDeviation.toFixed(2)}, better in ${(100 * scores.improved).toFixed(1)} % of mixtures)`,
    `SI-SDR              ${decibels(scores.siSdr)}`,
    `SNR                 ${decibels(scores.snr)}`,
  ];
}
