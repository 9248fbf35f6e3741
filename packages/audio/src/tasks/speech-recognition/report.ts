import type { RecognitionScores } from '../../training/index.js';

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** Lines that say how well speech was read. */
export function scoreLines({ words, characters, sentenceErrorRate, references }: RecognitionScores): string[] {
  return [
    `word error rate       ${percent(words.rate)}  (${words.distance} of ${words.total} words: ${words.substitutions} other, ${words.deletions} missing, ${words.insertions} too many)`,
    `character error rate  ${percent(characters.rate)}  (${characters.distance} of ${characters.total})`,
    `sounds with an error  ${percent(sentenceErrorRate)}  (${Math.round(sentenceErrorRate * references.length)} of ${references.length})`,
  ];
}

/** What was misread, the first few. */
export function errorLines(
  { references, hypotheses }: RecognitionScores,
  names: readonly string[],
  most = 10,
): string[] {
  const wrong = references.flatMap((text, i) => (text === hypotheses[i] ? [] : [i]));
  const shown = wrong.slice(0, most).map((i) => `  ${names[i]}: '${references[i]}' read as '${hypotheses[i]}'`);
  return wrong.length > most ? [...shown, `  and ${wrong.length - most} more`] : shown;
}

/** Scores as they go into a file. */
export function scoresJson(scores: RecognitionScores): Record<string, number> {
  const { words, characters, sentenceErrorRate, loss, references } = scores;
  return {
    wordErrorRate: words.rate,
    characterErrorRate: characters.rate,
    sentenceErrorRate,
    loss,
    sounds: references.length,
  };
}
