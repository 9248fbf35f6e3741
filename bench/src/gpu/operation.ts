import * as tf from '@tensorflow/tfjs-core';
import { Generator, normalTensor } from '@hourglass/core';
import type { Case, Prepared, Work, Workload } from '../workload.js';
import { chosenSize, type Size } from './size.js';

/** An operation of core, as layers call it, with inputs of one size. */
export interface Operation {
  readonly description: string;
  readonly inputs: readonly tf.Tensor[];
  run(...inputs: tf.Tensor[]): tf.Tensor;
  /** Inputs whose gradients are timed; none for operations without. */
  readonly differentiate?: readonly number[];
  readonly work: Work;
  /** Of forward and backward together; default three times the forward's. */
  readonly trainWork?: Work;
}

const generator = new Generator(0);

/** As many different numbers as are drawn; more are the same ones again, which are made on the device. */
const different = 2 ** 16;

/** Normal numbers. */
export function normal(...shape: number[]): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  if (size <= different) return normalTensor(shape, 0, 1, generator);
  return tf.tidy(() => {
    const repeated = tf.tile(normalTensor([different], 0, 1, generator), [Math.ceil(size / different)]);
    return tf.reshape(tf.slice(repeated, 0, size), shape);
  });
}

const times = ({ flops, bytes }: Work, factor: number): Work => ({
  ...(flops === undefined ? {} : { flops: flops * factor }),
  ...(bytes === undefined ? {} : { bytes: bytes * factor }),
});

/** `forward`, and `forward + gradient` of operations that have one. */
export function operationWorkload(make: (size: Size) => Operation): Workload {
  const size = chosenSize();
  const forward: Case = {
    prepare: () =>
      prepared(
        make(size),
        (operation) => operation.run(...operation.inputs),
        ({ work }) => work,
      ),
  };
  const gradient: Case = {
    prepare: () =>
      prepared(
        make(size),
        ({ inputs, run, differentiate }) => {
          const moving = differentiate!.map((i) => inputs[i]!);
          const y = (...given: tf.Tensor[]): tf.Tensor => {
            const all = [...inputs];
            differentiate!.forEach((i, position) => (all[i] = given[position]!));
            return tf.sum(run(...all));
          };
          return tf.grads(y)(moving);
        },
        ({ work, trainWork }) => trainWork ?? times(work, 3),
      ),
  };
  const { description, differentiate, inputs } = make(size);
  tf.dispose([...inputs]);
  return {
    description,
    cases: differentiate === undefined ? { forward } : { forward, 'forward + gradient': gradient },
  };
}

function prepared(
  operation: Operation,
  step: (operation: Operation) => tf.Tensor | tf.Tensor[],
  work: (operation: Operation) => Work,
): Prepared {
  return {
    step: () => tf.dispose(tf.tidy(() => step(operation))),
    work: work(operation),
    dispose: () => tf.dispose([...operation.inputs]),
  };
}
