import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../memory.js';
import type { TokenDecoder } from './decoder.js';

/** One step of a decoder: a row of scores for each row of tokens, which the caller may change. */
export async function nextScores(
  decoder: TokenDecoder,
  tokens: ReadonlyArray<readonly number[]>,
): Promise<Float32Array[]> {
  const logits = scope(() => decoder.next(tf.tensor2d(tokens.flat(), [tokens.length, tokens[0]!.length], 'int32')));
  try {
    const values = (await logits.data()) as Float32Array;
    const vocabulary = logits.shape[1]!;
    return tokens.map((_, row) => values.slice(row * vocabulary, (row + 1) * vocabulary));
  } finally {
    logits.dispose();
  }
}

/** Each of 0 … rows - 1 so many times: the rows of a batch's beams, or of several samples. */
export function repeated(rows: number, times: number): number[] {
  return Array.from({ length: rows * times }, (_, row) => Math.floor(row / times));
}
