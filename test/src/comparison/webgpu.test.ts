import { readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { compareValues, missingBackend } from '@hourglass/core/testing';
import { describe, expect, it } from 'vitest';
import { Draw, type Case, type Family } from '../../../packages/backend-native/test/comparison/case.js';

// Random calls of TFJS's kernels on webgpu, as they are after core has mended them, each compared with the cpu backend: the cases
// that the native backend is compared by.

const folder = new URL('../../../packages/backend-native/test/comparison/cases/', import.meta.url);
const families = readdirSync(folder).toSorted();
const absent = (await missingBackend('webgpu')) ?? (await missingBackend('cpu'));

/** Calls of each kernel that are made. */
const most = 8;

/** Below this a GPU has only 0. */
const smallestNormal = 2 ** -126;

/** What the cpu backend knows in double precision, and single precision cannot: a long product, a large angle. */
const wider: Readonly<Record<string, Case['tolerance']>> = {
  [tf.Prod]: { rtol: 1e-5, atol: 1e-6 },
  [tf.Cumprod]: { rtol: 2e-5, atol: 1e-6 },
  [tf.Pow]: { rtol: 5e-6, atol: 1e-6 },
};
const largestAngle = 1e4;
const ofAngles: readonly string[] = [tf.Sin, tf.Cos, tf.Tan];

interface Result {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: ArrayLike<number>;
}

function prepared(values: Case['inputs'][string]['values'], kernel: string): Case['inputs'][string]['values'] {
  if (!(values instanceof Float32Array)) return values;
  const tooLarge = (value: number): boolean => ofAngles.includes(kernel) && Math.abs(value) > largestAngle;
  return values.map((value) => (Math.abs(value) < smallestNormal || tooLarge(value) ? 0 : value));
}

function run({ kernel, inputs, attrs = {}, oracle }: Case, backend: 'cpu' | 'webgpu'): Result[] {
  void tf.setBackend(backend);
  tf.engine().startScope();
  try {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, { values, shape, dtype }]) => [
        name,
        tf.tensor(prepared(values, kernel), [...shape], dtype),
      ]),
    );
    const given = '0' in inputs ? (Object.values(tensors) as unknown as tf.NamedTensorMap) : tensors;
    const outputs =
      backend === 'cpu' && oracle !== undefined
        ? oracle(tensors)
        : tf.engine().runKernel(kernel, given, attrs as tf.NamedAttrMap);
    return ([outputs].flat() as tf.Tensor[]).map((x) => ({
      shape: x.shape,
      dtype: x.dtype,
      values: prepared(x.dataSync<'float32'>(), ''),
    }));
  } finally {
    tf.engine().endScope();
  }
}

/** What is wrong with one case; nothing if it is right. */
function problems(one: Case): string[] {
  const expected = run(one, 'cpu');
  const actual = run(one, 'webgpu');
  if (actual.length !== expected.length) return [`${actual.length} outputs, expected ${expected.length}`];
  return actual.flatMap(({ shape, dtype, values }, i) => {
    const right = expected[i]!;
    if (shape.join() !== right.shape.join()) return [`shape [${shape.join()}], expected [${right.shape.join()}]`];
    if (dtype !== right.dtype) return [`dtype ${dtype}, expected ${right.dtype}`];
    const { ok, message } = compareValues(values, right.values, wider[one.kernel] ?? one.tolerance);
    return ok ? [] : [message];
  });
}

/** Kernels of our own have a contract; the last neither backend has. */
const isCompared = (kernel: string): boolean => !kernel.startsWith('Hourglass') && kernel !== 'LogSoftmax';

const name = absent === null ? '' : ` (skipped: ${absent})`;
describe.skipIf(absent !== null).each(families)(`%s${name}`, (file) => {
  it('agrees with the cpu backend', async () => {
    const { default: family } = (await import(new URL(file, folder).href)) as { default: Family };
    const calls = new Map<string, number>();
    const wrong: string[] = [];
    for (const one of family(new Draw(families.indexOf(file) + 1))) {
      const count = calls.get(one.kernel) ?? 0;
      if (!isCompared(one.kernel) || count >= most) continue;
      calls.set(one.kernel, count + 1);
      const inputs = Object.entries(one.inputs).map(([input, x]) => `${input}: ${x.dtype} [${x.shape.join()}]`);
      const call = `${one.kernel}(${inputs.join(', ')}) ${JSON.stringify(one.attrs ?? {})}`;
      try {
        wrong.push(...problems(one).map((problem) => `${call}: ${problem}`));
      } catch (error) {
        wrong.push(`${call}: ${(error as Error).stack}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
