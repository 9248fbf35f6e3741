import { check, type losses } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

/** Labels or lengths as numbers: an int32 tensor is read back. */
export function numbers(values: losses.Integers): number[] {
  return Array.from(values instanceof tf.Tensor ? values.dataSync<'int32'>() : values);
}

/**
 * The labels of a batch, each utterance's filled up with the blank: N rows of `width`.
 *
 * @param targets [N, U], or all utterances' labels one after another
 * @param width at least the longest length
 * @throws InvalidArgumentError for too few labels, and for labels that are none of the classes, or the blank
 */
export function paddedTargets(
  targets: losses.Integers,
  lengths: readonly number[],
  width: number,
  classes: number,
  blank: number,
): Int32Array {
  const all = numbers(targets);
  const row = targets instanceof tf.Tensor && targets.rank === 2 ? targets.shape[1]! : null;
  const needed = row === null ? lengths.reduce((sum, length) => sum + length, 0) : lengths.length * row;
  check(
    all.length >= needed && (row === null || row >= Math.max(0, ...lengths)),
    `transducer loss: the targets hold ${all.length} labels, too few for the label lengths`,
  );
  const padded = new Int32Array(lengths.length * width).fill(blank);
  let start = 0;
  lengths.forEach((length, n) => {
    const labels = all.slice(start, start + length);
    const wrong = labels.find((label) => !(label >= 0 && label < classes) || label === blank);
    check(
      wrong === undefined,
      `transducer loss: target ${n} holds label ${wrong}, not one of ${classes} classes, or the blank`,
    );
    padded.set(labels, n * width);
    start += row ?? length;
  });
  return padded;
}

/** The blank's class. @param given negative counts from the last class @throws InvalidArgumentError when it is none of the classes */
export function blankOf(given: number | undefined, classes: number): number {
  const blank = given === undefined || given < 0 ? classes + (given ?? -1) : given;
  check(
    Number.isInteger(blank) && blank >= 0 && blank < classes,
    `transducer loss: the blank is ${given}, but there are ${classes} classes`,
  );
  return blank;
}
