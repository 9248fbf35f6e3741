import { check, checkCount } from '../../errors.js';
import { setScores, type LogitsProcessor } from './processor.js';

/** Makes tokens that are there already less likely by this factor (Keskar et al. 2019, arXiv:1909.05858). */
export function repetitionPenalty(penalty: number): LogitsProcessor {
  checkPenalty('repetitionPenalty', penalty);
  return (sequence, scores) => scale(scores, sequence, penalty);
}

/** Makes the tokens of the input more likely by this factor. @param inputs the encoder's tokens, a list an example */
export function encoderRepetitionPenalty(
  penalty: number,
  inputs: ReadonlyArray<readonly number[]>,
  beams = 1,
): LogitsProcessor {
  checkPenalty('encoderRepetitionPenalty', penalty);
  return (_, scores, row) => scale(scores, inputs[Math.floor(row / beams)]!, 1 / penalty);
}

function checkPenalty(name: string, penalty: number): void {
  check(penalty > 0, `${name} must be above 0, got ${penalty}; 1 changes nothing`);
}

function scale(scores: Float32Array, tokens: readonly number[], penalty: number): void {
  for (const token of new Set(tokens)) {
    const score = scores[token]!;
    scores[token] = score < 0 ? score * penalty : score / penalty;
  }
}

/** No run of `size` tokens twice. */
export function noRepeatNGram(size: number): LogitsProcessor {
  checkSize('noRepeatNgramSize', size);
  return (sequence, scores) => banContinuations(scores, sequence, sequence, size);
}

/** No run of `size` tokens of the input. @param inputs the encoder's tokens, a list an example */
export function encoderNoRepeatNGram(
  size: number,
  inputs: ReadonlyArray<readonly number[]>,
  beams = 1,
): LogitsProcessor {
  checkSize('encoderNoRepeatNgramSize', size);
  return (sequence, scores, row) => banContinuations(scores, sequence, inputs[Math.floor(row / beams)]!, size);
}

function checkSize(name: string, size: number): void {
  checkCount(name, size);
}

/** Bans what followed, in `source`, the last size - 1 tokens of the sequence. */
function banContinuations(
  scores: Float32Array,
  sequence: readonly number[],
  source: readonly number[],
  size: number,
): void {
  const known = size - 1;
  if (sequence.length < known) return;
  const last = sequence.slice(sequence.length - known);
  for (let end = known; end < source.length; end++) {
    if (last.every((token, i) => source[end - known + i] === token)) setScores(scores, [source[end]!], -Infinity);
  }
}
