import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { kernel, type NativeKernel } from '../kernel.js';
import type { NumericType } from '../memory/native-data.js';
import { broadcastWalk } from './broadcast.js';

/** The most axes that the C++ walks over, once those that go on alike are one. */
const maxRank = 8;

/** Runs a C++ kernel of two tensors with broadcasting; null for shapes of too many axes. */
export function runBinary(
  backend: NativeBackend,
  name: string,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  dtype: NumericType,
): tf.TensorInfo | null {
  const { shape, axes } = broadcastWalk(a.shape, b.shape);
  const rank = axes.length / 3;
  if (rank > maxRank) return null;
  const out = backend.output(shape, dtype);
  backend.call(name, backend.address(out), backend.address(a), backend.address(b), rank, ...axes);
  return out;
}

const suffixes: Readonly<Partial<Record<tf.DataType, string>>> = { float32: '_f32', int32: '_i32', bool: '_bool' };

type Types = readonly NumericType[];

/** A kernel of two tensors of one dtype; `result` is what it gives, the operands' dtype by default. */
function binary(kernelName: string, name: string, types: Types, result?: NumericType): NativeKernel {
  const names = new Map<tf.DataType, string>(types.map((type) => [type, name + suffixes[type]]));
  return kernel(kernelName, (backend, { a, b }) => {
    const found = names.get(a!.dtype);
    if (found === undefined || a!.dtype !== b!.dtype) return null;
    // gradients of complex numbers are complex numbers called float32 (core's carryComplex); the tape adds them up
    if (kernelName === tf.Add && [a!, b!].some((each) => backend.dataOf(each).dtype === 'complex64')) return null;
    return runBinary(backend, found, a!, b!, result ?? (a!.dtype as NumericType));
  });
}

/** A kernel of two bools. */
function logical(kernelName: string, name: string): NativeKernel {
  return kernel(kernelName, (backend, { a, b }) =>
    a!.dtype === 'bool' && b!.dtype === 'bool' ? runBinary(backend, name, a!, b!, 'bool') : null,
  );
}

/** A float32 kernel whose inputs have other names than `a` and `b`. */
function floatBinary(kernelName: string, name: string, first: string, second: string): NativeKernel {
  return kernel(kernelName, (backend, inputs) => {
    const [a, b] = [inputs[first]!, inputs[second]!];
    return a.dtype === 'float32' && b.dtype === 'float32' ? runBinary(backend, name, a, b, 'float32') : null;
  });
}

const numbers: Types = ['float32', 'int32'];
const all: Types = ['float32', 'int32', 'bool'];

const addN = kernel(tf.AddN, (backend, inputs) => {
  const tensors = Object.values(inputs) as tf.TensorInfo[];
  const { shape, dtype } = tensors[0]!;
  const size = tf.util.sizeFromShape(shape);
  if (dtype !== 'float32' && dtype !== 'int32') return null;
  if (tensors.length > 1000 || tensors.some((x) => x.dtype !== dtype || tf.util.sizeFromShape(x.shape) !== size)) {
    return null;
  }
  const out = backend.output(shape, dtype);
  const addresses = tensors.map((x) => backend.address(x));
  backend.call(`add_n${suffixes[dtype]}`, backend.address(out), size, tensors.length, ...addresses);
  return out;
});

export const binaryKernels: readonly NativeKernel[] = [
  binary(tf.Add, 'add', all),
  binary(tf.Sub, 'sub', all),
  binary(tf.Multiply, 'multiply', all),
  binary(tf.RealDiv, 'divide', numbers),
  binary(tf.FloorDiv, 'floor_divide', numbers, 'int32'),
  binary(tf.Mod, 'mod', numbers),
  binary(tf.Pow, 'pow', numbers),
  binary(tf.Maximum, 'maximum', all),
  binary(tf.Minimum, 'minimum', all),
  binary(tf.SquaredDifference, 'squared_difference', numbers),
  binary(tf.Atan2, 'atan2', ['float32']),
  binary(tf.BitwiseAnd, 'bitwise_and', ['int32']),
  binary(tf.Equal, 'equal', all, 'bool'),
  binary(tf.NotEqual, 'not_equal', all, 'bool'),
  binary(tf.Greater, 'greater', all, 'bool'),
  binary(tf.GreaterEqual, 'greater_equal', all, 'bool'),
  binary(tf.Less, 'less', all, 'bool'),
  binary(tf.LessEqual, 'less_equal', all, 'bool'),
  logical(tf.LogicalAnd, 'logical_and'),
  logical(tf.LogicalOr, 'logical_or'),
  logical(tf.LogicalXor, 'logical_xor'),
  floatBinary(tf.Prelu, 'prelu_f32', 'x', 'alpha'),
  floatBinary(tf.EluGrad, 'elu_grad_f32', 'dy', 'y'),
  addN,
];
