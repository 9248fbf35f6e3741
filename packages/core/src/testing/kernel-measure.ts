import * as tf from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernels/own.js';
import { Generator } from '../random/index.js';
import { useBackend, type BackendName } from '../backend/index.js';
import { inDoublePrecision, prepareDoublePrecision } from './double-precision.js';
import { Draw, type Given } from './draw.js';

/** One call of a kernel. */
export interface KernelCase<Attributes extends object = object> {
  /** Shown when it fails. */
  readonly label?: string;
  /** By name; null for one that is left out. */
  readonly inputs: Readonly<Record<string, Given | null>>;
  readonly attrs: Attributes;
}

/** What a kernel is to be tried with. */
export interface KernelCases<Inputs extends object, Attributes extends object> {
  readonly kernel: Kernel<Inputs, Attributes>;
  /** The kernel as an operation with gradients, where it has one. */
  readonly operation?: (inputs: Inputs, attrs: Attributes) => tf.Tensor;
  /** Inputs that `operation` has no gradient of, though they are float32. */
  readonly constants?: readonly string[];
  /** Odd sizes, sizes of 1, empty batches and large numbers among them. */
  readonly cases: (draw: Draw) => Iterable<KernelCase<Attributes>>;
  /**
   * The error that is allowed, relative to the larger of an element and the root mean square of its tensor. Default 1e-4.
   */
  readonly tolerance?: number;
  /** The same for gradients; default the same. */
  readonly gradientTolerance?: number;
}

/** Types a file of cases. */
export function kernelCases<Inputs extends object, Attributes extends object>(
  cases: KernelCases<Inputs, Attributes>,
): KernelCases<object, object> {
  return cases as unknown as KernelCases<object, object>;
}

/** Numbers and shape of a tensor. */
export interface Result {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

type Named = Readonly<Record<string, tf.Tensor | null>>;

function tensors(inputs: KernelCase['inputs']): Named {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, given]) => {
      if (given === null) return [name, null];
      const values = given.dtype === 'float32' ? new Float32Array(given.values) : given.values.slice();
      return [name, tf.tensor(values, [...given.shape], given.dtype)];
    }),
  );
}

const results = (outputs: readonly tf.Tensor[]): Result[] =>
  outputs.map((output) => ({ shape: output.shape, values: output.dataSync().slice() }));

/** Reads and frees what `make` makes, without asking a GPU to answer at once, which browsers cannot wait for. */
async function read(make: () => tf.Tensor[]): Promise<Result[]> {
  const outputs = tf.tidy(make);
  const all = await Promise.all(outputs.map(async (output) => ({ shape: output.shape, values: await output.data() })));
  tf.dispose(outputs);
  return all;
}

/** The outputs on the backend in use. */
export function runKernel({ kernel }: KernelCases<object, object>, { inputs, attrs }: KernelCase): Promise<Result[]> {
  return read(() => kernel.run(tensors(inputs), attrs));
}

/** The outputs of the reference in double precision. */
export function runReference({ kernel }: KernelCases<object, object>, { inputs, attrs }: KernelCase): Result[] {
  return inDoublePrecision(() => results(kernel.reference(tensors(inputs), attrs)));
}

/** Names of the inputs that an operation is differentiated by in a case. */
export function differentiated({ constants = [] }: KernelCases<object, object>, { inputs }: KernelCase): string[] {
  return Object.entries(inputs)
    .filter(([name, given]) => given?.dtype === 'float32' && !constants.includes(name))
    .map(([name]) => name);
}

/** Numbers between -1 and 1 by which outputs are weighted: the gradient that is measured is that of their sum. */
export function cotangentOf(size: number): Float64Array {
  const generator = new Generator(99);
  return Float64Array.from({ length: size }, () => Math.fround(generator.uniform(-1, 1)));
}

/** The gradients of the operation, of the sum of its value times {@link cotangentOf}, on the backend in use. */
export function runGradients(cases: KernelCases<object, object>, { inputs, attrs }: KernelCase): Promise<Result[]> {
  const names = differentiated(cases, { inputs, attrs });
  return read(() => {
    const given = tensors(inputs);
    const operation = (...moving: tf.Tensor[]): tf.Tensor =>
      cases.operation!({ ...given, ...Object.fromEntries(names.map((name, i) => [name, moving[i]!])) }, attrs);
    const moving = names.map((name) => given[name]!);
    const { size, shape } = operation(...moving);
    return tf.grads(operation)(moving, tf.tensor(new Float32Array(cotangentOf(size)), shape));
  });
}

/** Some elements of a gradient by central differences in double precision; the others are NaN. */
export function differences(
  cases: KernelCases<object, object>,
  kernelCase: KernelCase,
  elementsPerInput: number,
): Result[] {
  const { inputs, attrs } = kernelCase;
  return inDoublePrecision(() => {
    const evaluate = (name: string, at: number, change: number): number =>
      tf.tidy(() => {
        const given = inputs[name]!;
        const values = Float64Array.from(given.values);
        values[at]! += change;
        const moved = {
          ...tensors(inputs),
          [name]: tf.tensor(values as unknown as Float32Array, [...given.shape], 'float32'),
        };
        const y = cases.kernel.reference(moved, attrs)[0]!.dataSync();
        const weights = cotangentOf(y.length);
        return (y as unknown as Float64Array).reduce(
          (sum, value, i) => sum + value * weights[i]!,
          0,
        ) as unknown as tf.TensorContainer;
      }) as unknown as number;
    return differentiated(cases, kernelCase).map((name): Result => {
      const given = inputs[name]!;
      const values = new Float64Array(given.values.length).fill(NaN);
      const step = Math.max(1, Math.floor(values.length / elementsPerInput));
      for (let at = 0; at < values.length; at += step) {
        const h = 1e-5 * Math.max(1, Math.abs(given.values[at]!));
        values[at] = (evaluate(name, at, h) - evaluate(name, at, -h)) / (2 * h);
      }
      return { shape: given.shape, values };
    });
  });
}

/** Errors count as relative to this at least: results that cancel to nothing have no size of their own. */
const smallest = 1e-3;

/**
 * The largest error of `actual`: each element's relative to the larger of it and the root mean square of its tensor. Infinite where one
 * side alone is infinite or NaN, or the shapes differ. With `sparse`, elements that are NaN in `expected` are passed over.
 */
export function worstError(actual: readonly Result[], expected: readonly Result[], sparse = false): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  expected.forEach((wanted, output) => {
    const got = actual[output]!;
    if (got.shape.join() !== wanted.shape.join()) worst = Infinity;
    let [squares, count] = [0, 0];
    for (let i = 0; i < wanted.values.length; i++) {
      if (!Number.isFinite(wanted.values[i]!)) continue;
      squares += wanted.values[i]! ** 2;
      count++;
    }
    const typical = Math.sqrt(squares / Math.max(1, count));
    for (let i = 0; i < wanted.values.length; i++) {
      const [a, e] = [got.values[i]!, wanted.values[i]!];
      if (a === e || (Number.isNaN(e) && (sparse || Number.isNaN(a)))) continue;
      if (!Number.isFinite(a) || !Number.isFinite(e)) worst = Infinity;
      else worst = Math.max(worst, Math.abs(a - e) / Math.max(Math.abs(e), typical, smallest));
    }
  });
  return worst;
}

/** Elements of each gradient that are compared with finite differences. */
const sampled = 24;

/** The largest errors of a kernel over its cases; `gradient` is null for one that is not differentiated. */
export interface Measured {
  readonly forward: number;
  readonly gradient: number | null;
  /** The case with the largest error, in words. */
  readonly worst: string;
}

/** Runs a kernel's cases on a backend that is there. */
export async function measureKernel(cases: KernelCases<object, object>, backend: BackendName): Promise<Measured> {
  await useBackend(backend);
  await prepareDoublePrecision();
  let [forward, gradient, worst, largest] = [0, 0, '', -1];
  let number = 0;
  for (const kernelCase of cases.cases(new Draw(11))) {
    number++;
    const error = worstError(await runKernel(cases, kernelCase), runReference(cases, kernelCase));
    let errorOfGradient = 0;
    if (cases.operation !== undefined) {
      const numeric = differences(cases, kernelCase, sampled);
      errorOfGradient = worstError(await runGradients(cases, kernelCase), numeric, true);
    }
    forward = Math.max(forward, error);
    gradient = Math.max(gradient, errorOfGradient);
    if (Math.max(error, errorOfGradient) > largest) {
      largest = Math.max(error, errorOfGradient);
      const shapes = Object.entries(kernelCase.inputs).map(([name, given]) => `${name} [${given?.shape ?? '-'}]`);
      worst = `case ${number} ${kernelCase.label ?? ''}: ${shapes.join(', ')} ${JSON.stringify(kernelCase.attrs)}`;
    }
  }
  return { forward, gradient: cases.operation === undefined ? null : gradient, worst };
}
