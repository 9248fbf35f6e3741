import { check, type losses } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

/** Log probabilities of one utterance on the host: `frames` rows of `classes` values. */
export interface Frames {
  readonly values: Float32Array;
  readonly frames: number;
  readonly classes: number;
}

/** What a search found. */
export interface Hypothesis {
  /** Labels without blanks. */
  readonly labels: readonly number[];
  /** Natural logarithm of its probability, or of what the search takes for that. */
  readonly score: number;
}

/** log(exp(a) + exp(b)), also of -infinity. */
export function logAddExp(a: number, b: number): number {
  if (a === -Infinity) return b;
  if (b === -Infinity) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

/**
 * Reads a batch: the valid frames of each utterance.
 *
 * @param x float32 [N, T, C], or [T, C] for one utterance
 * @param lengths N lengths from 0 to T; default T
 * @throws InvalidArgumentError for other shapes, lengths that do not fit, and NaN
 */
export async function readFrames(name: string, x: tf.Tensor, lengths?: losses.Integers): Promise<Frames[]> {
  check(
    (x.rank === 2 || x.rank === 3) && x.shape.at(-1)! > 0,
    () => `${name}: log probabilities need shape [N, T, C] or [T, C], got [${x.shape.join(', ')}]`,
  );
  const [batch, steps, classes] = (x.rank === 3 ? x.shape : [1, ...x.shape]) as [number, number, number];
  const counts = await readLengths(name, lengths, batch, steps);
  const values = await x.data<'float32'>();
  return counts.map((frames, n) => {
    const start = n * steps * classes;
    const valid = values.subarray(start, start + frames * classes);
    const wrong = valid.findIndex(Number.isNaN);
    check(wrong < 0, () => `${name}: frame ${Math.floor(wrong / classes)} of utterance ${n} holds NaN`);
    return { values: valid, frames, classes };
  });
}

/** @throws InvalidArgumentError when the blank is none of the classes */
export function checkBlank(name: string, blank: number, classes: number): void {
  check(
    Number.isInteger(blank) && blank >= 0 && blank < classes,
    `${name}: the blank is ${blank}, but there are ${classes} classes`,
  );
}

async function readLengths(
  name: string,
  lengths: losses.Integers | undefined,
  batch: number,
  most: number,
): Promise<number[]> {
  const own = lengths instanceof tf.Tensor ? await lengths.data<'int32'>() : lengths;
  const counts = own === undefined ? Array.from({ length: batch }, () => most) : Array.from(own);
  check(counts.length === batch, `${name}: ${batch} utterances need ${batch} lengths, got ${counts.length}`);
  counts.forEach((length, n) =>
    check(
      Number.isInteger(length) && length >= 0 && length <= most,
      `${name}: utterance ${n} has length ${length}; it must be a whole number from 0 to ${most}`,
    ),
  );
  return counts;
}

/**
 * The utterances and lengths of encoded frames [N, T, D].
 *
 * @throws InvalidArgumentError for other shapes and lengths that do not fit
 */
export async function checkEncoded(
  x: tf.Tensor,
  lengths?: losses.Integers,
): Promise<{ readonly batch: number; readonly counts: readonly number[] }> {
  check(x.rank === 3, () => `transducer search: encoded frames need shape [N, T, D], got [${x.shape.join(', ')}]`);
  const [batch, frames] = x.shape as [number, number];
  return { batch, counts: await readLengths('transducer search', lengths, batch, frames) };
}
