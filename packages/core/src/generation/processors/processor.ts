/**
 * Changes the scores of what may follow, in place (transformers' LogitsProcessor, for one row).
 *
 * @param tokens of the row so far, the prompt first
 * @param scores of the whole vocabulary: logits, or log probabilities in beam search
 * @param row of the batch, beams counted
 */
export type LogitsProcessor = (tokens: readonly number[], scores: Float32Array, row: number) => void;

/** Sets the scores of some tokens to `value`. Tokens that the vocabulary does not have are passed over. */
export function setScores(scores: Float32Array, tokens: Iterable<number>, value: number): void {
  // a typed array would take a key beyond its end as a no-op, but a negative one counts as nothing too: no check is needed
  for (const token of tokens) scores[token] = value;
}
