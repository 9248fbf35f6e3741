import type { LinkScores } from '../../training/index.js';

/** Scores as lines of text. */
export function linkScoreLines({ auc, ap }: LinkScores): string[] {
  return [`AUC                ${(100 * auc).toFixed(2)} %`, `average precision  ${(100 * ap).toFixed(2)} %`];
}
