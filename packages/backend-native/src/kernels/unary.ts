import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { kernel, type NativeKernel } from '../kernel.js';
import type { NumericType } from '../memory/native-data.js';

/** Runs a C++ kernel of one tensor, number by number. */
export function runUnary(
  backend: NativeBackend,
  name: string,
  x: tf.TensorInfo,
  dtype: NumericType,
  ...parameters: readonly number[]
): tf.TensorInfo {
  const out = backend.output(x.shape, dtype);
  const size = tf.util.sizeFromShape(x.shape as number[]);
  backend.call(name, backend.address(out), backend.address(x), size, ...parameters);
  return out;
}

type Parameters = (attrs: never) => readonly number[];

/** A kernel of float32. */
function unary(kernelName: string, name: string, parameters?: Parameters): NativeKernel {
  return kernel(kernelName, (backend, { x }, attrs) =>
    x!.dtype === 'float32' ? runUnary(backend, name, x!, 'float32', ...(parameters?.(attrs as never) ?? [])) : null,
  );
}

/** A kernel of float32 and int32. */
function numeric(kernelName: string, name: string, parameters?: Parameters): NativeKernel {
  return kernel(kernelName, (backend, { x }, attrs) => {
    if (x!.dtype !== 'float32' && x!.dtype !== 'int32') return null;
    const suffix = x!.dtype === 'float32' ? '_f32' : '_i32';
    return runUnary(backend, name + suffix, x!, x!.dtype, ...(parameters?.(attrs as never) ?? []));
  });
}

/** A test of float32, to bool. */
function test(kernelName: string, name: string): NativeKernel {
  return kernel(kernelName, (backend, { x }) => (x!.dtype === 'float32' ? runUnary(backend, name, x!, 'bool') : null));
}

const shortTypes: Readonly<Record<NumericType, string>> = { float32: 'f32', int32: 'i32', bool: 'bool' };

/** `x` as another dtype, in new memory unless it is that already. */
export function cast(backend: NativeBackend, x: tf.TensorInfo, dtype: NumericType): tf.TensorInfo {
  if (x.dtype === dtype) return backend.share(x, x.shape);
  return runUnary(backend, `cast_${shortTypes[x.dtype as NumericType]}_${shortTypes[dtype]}`, x, dtype);
}

const castKernel = kernel<tf.CastAttrs>(tf.Cast, (backend, { x }, { dtype }) =>
  x!.dtype in shortTypes && dtype in shortTypes ? cast(backend, x!, dtype as NumericType) : null,
);

/** Exp of whatever is a number is a float. */
const exp = kernel(tf.Exp, (backend, { x }) => {
  if (!(x!.dtype in shortTypes)) return null;
  const float = cast(backend, x!, 'float32');
  const out = runUnary(backend, 'exp_f32', float, 'float32');
  backend.disposeIntermediateTensorInfo(float);
  return out;
});

const leakyRelu = kernel<tf.LeakyReluAttrs>(tf.LeakyRelu, (backend, { x }, { alpha }) => {
  if (!(x!.dtype in shortTypes)) return null;
  const float = cast(backend, x!, 'float32');
  const out = runUnary(backend, 'leaky_relu_f32', float, 'float32', alpha);
  backend.disposeIntermediateTensorInfo(float);
  return out;
});

const relu = (kernelName: string, name: string, top: number): NativeKernel =>
  kernel(kernelName, (backend, { x }) => {
    if (x!.dtype === 'float32') return runUnary(backend, name, x!, 'float32');
    return x!.dtype === 'int32' ? runUnary(backend, 'clip_i32', x!, 'int32', 0, top) : null;
  });

/** Chooses number by number; a condition of fewer axes than the branches chooses whole rows. */
const select = kernel(tf.Select, (backend, { condition, t, e }) => {
  const dtype = tf.upcastType(t!.dtype, e!.dtype) as NumericType;
  if (condition!.dtype !== 'bool' || !(dtype in shortTypes)) return null;
  const size = tf.util.sizeFromShape(t!.shape);
  const conditions = tf.util.sizeFromShape(condition!.shape);
  if (tf.util.sizeFromShape(e!.shape) !== size || (conditions > 0 && size % conditions !== 0)) return null;
  const [yes, no] = [cast(backend, t!, dtype), cast(backend, e!, dtype)];
  const out = backend.output(t!.shape, dtype);
  const [to, from, a, b] = [out, condition!, yes, no].map((info) => backend.address(info)) as [
    number,
    number,
    number,
    number,
  ];
  if (size > 0) backend.call(dtype === 'bool' ? 'select_1' : 'select_4', to, from, a, b, conditions, size / conditions);
  backend.disposeIntermediateTensorInfo(yes);
  backend.disposeIntermediateTensorInfo(no);
  return out;
});

export const unaryKernels: readonly NativeKernel[] = [
  relu(tf.Relu, 'relu_f32', Infinity),
  relu(tf.Relu6, 'relu6_f32', 6),
  leakyRelu,
  unary(tf.Elu, 'elu_f32'),
  unary(tf.Selu, 'selu_f32'),
  unary(tf.Step, 'step_f32', ({ alpha }: tf.StepAttrs) => [alpha]),
  exp,
  unary(tf.Expm1, 'expm1_f32'),
  unary(tf.Log, 'log_f32'),
  unary(tf.Log1p, 'log1p_f32'),
  unary(tf.Sigmoid, 'sigmoid_f32'),
  unary(tf.Tanh, 'tanh_f32'),
  unary(tf.Softplus, 'softplus_f32'),
  unary(tf.Erf, 'erf_f32'),
  unary(tf.Sinh, 'sinh_f32'),
  unary(tf.Cosh, 'cosh_f32'),
  unary(tf.Asinh, 'asinh_f32'),
  unary(tf.Acosh, 'acosh_f32'),
  unary(tf.Atanh, 'atanh_f32'),
  unary(tf.Sin, 'sin_f32'),
  unary(tf.Cos, 'cos_f32'),
  unary(tf.Tan, 'tan_f32'),
  unary(tf.Asin, 'asin_f32'),
  unary(tf.Acos, 'acos_f32'),
  unary(tf.Atan, 'atan_f32'),
  unary(tf.Sqrt, 'sqrt_f32'),
  unary(tf.Rsqrt, 'rsqrt_f32'),
  unary(tf.Reciprocal, 'reciprocal_f32'),
  numeric(tf.Square, 'square'),
  numeric(tf.Abs, 'abs'),
  numeric(tf.Neg, 'neg'),
  numeric(tf.Sign, 'sign'),
  unary(tf.Floor, 'floor_f32'),
  unary(tf.Ceil, 'ceil_f32'),
  unary(tf.Round, 'round_f32'),
  numeric(tf.ClipByValue, 'clip', ({ clipValueMin, clipValueMax }: tf.ClipByValueAttrs) => [
    clipValueMin,
    clipValueMax,
  ]),
  test(tf.IsNan, 'is_nan_f32'),
  test(tf.IsInf, 'is_inf_f32'),
  test(tf.IsFinite, 'is_finite_f32'),
  kernel(tf.LogicalNot, (backend, { x }) =>
    x!.dtype === 'bool' ? runUnary(backend, 'logical_not', x!, 'bool') : null,
  ),
  castKernel,
  select,
];
