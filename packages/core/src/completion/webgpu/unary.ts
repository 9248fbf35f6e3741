import * as tf from '@tensorflow/tfjs-core';
import type { Shader } from '../../webgpu/shader.js';
import type { Composition } from '../composition.js';
import { forEach, gpuKernel, groupsFor, threads } from './gpu-kernel.js';

interface Unary {
  /** Of a float `x`. */
  readonly float?: string;
  /** Of a whole number `x`. */
  readonly int?: string;
  /** The result is a truth value. */
  readonly truth?: boolean;
  /** Attributes by the names of the uniforms `first` and `second`. */
  readonly options?: readonly [first: string, second?: string];
}

const { SELU_SCALE, SELU_SCALEALPHA } = tf.backend_util;

/** What TFJS's lack: NaN and infinities where they belong, numbers near 0, large angles, tensors of no elements. */
const functions: Readonly<Record<string, Unary>> = {
  [tf.Abs]: { float: 'abs(x)', int: 'abs(x)' },
  [tf.Acos]: { float: '2.0 * precise_atan2(sqrt(1.0 - x), sqrt(1.0 + x))' },
  [tf.Acosh]: { float: 'acosh_of(x)' },
  [tf.Asin]: { float: 'precise_atan2(x, sqrt((1.0 - x) * (1.0 + x)))' },
  [tf.Asinh]: {
    float:
      'with_sign(select(precise_log1p(abs(x) + x * x / (1.0 + sqrt(x * x + 1.0))), precise_log(abs(x)) + 0.6931471805599453, abs(x) > 1e9), x)',
  },
  [tf.Atan]: { float: 'precise_atan(x)' },
  [tf.Atanh]: { float: 'with_sign(0.5 * precise_log1p(2.0 * abs(x) / (1.0 - abs(x))), x)' },
  [tf.Ceil]: { float: 'kept(ceil(x), x)' },
  [tf.ClipByValue]: {
    float: 'kept(clamp(x, uniforms.first, uniforms.second), x)',
    // bounds need not be whole numbers
    int: 'i32(clamp(f32(x), uniforms.first, uniforms.second))',
    options: ['clipValueMin', 'clipValueMax'],
  },
  [tf.Cos]: { float: 'precise_cos(x)' },
  [tf.Cosh]: { float: 'cosh_of(x)' },
  [tf.Elu]: { float: 'select(precise_expm1(x), x, x >= 0.0)' },
  [tf.Erf]: { float: 'erf_of(x)' },
  [tf.Exp]: { float: 'precise_exp(x)' },
  [tf.Expm1]: { float: 'precise_expm1(x)' },
  [tf.Floor]: { float: 'kept(floor(x), x)' },
  [tf.IsFinite]: { float: '!is_nan(x) && !is_infinite(x)', truth: true },
  [tf.IsInf]: { float: 'is_infinite(x)', truth: true },
  [tf.IsNan]: { float: 'is_nan(x)', truth: true },
  [tf.LeakyRelu]: { float: 'select(uniforms.first * x, x, x >= 0.0)', options: ['alpha'] },
  [tf.Log]: { float: 'precise_log(x)' },
  [tf.Log1p]: { float: 'precise_log1p(x)' },
  [tf.LogicalNot]: { int: 'x == 0', truth: true },
  [tf.Neg]: { float: '-x', int: '-x' },
  [tf.Reciprocal]: { float: '1.0 / x' },
  [tf.Relu]: { float: 'kept(max(x, 0.0), x)', int: 'max(x, 0)' },
  [tf.Relu6]: { float: 'kept(clamp(x, 0.0, 6.0), x)', int: 'clamp(x, 0, 6)' },
  [tf.Round]: { float: 'kept(round(x), x)' },
  [tf.Rsqrt]: { float: 'select(1.0 / sqrt(x), not_a_number(), x < 0.0 || is_nan(x))' },
  [tf.Selu]: { float: `select(${SELU_SCALEALPHA} * precise_expm1(x), ${SELU_SCALE} * x, x >= 0.0)` },
  [tf.Sigmoid]: { float: 'precise_sigmoid(x)' },
  [tf.Sign]: { float: 'select(sign(x), 0.0, is_nan(x))', int: 'sign(x)' },
  [tf.Sin]: { float: 'precise_sin(x)' },
  [tf.Sinh]: { float: 'sinh_of(x)' },
  [tf.Softplus]: { float: 'precise_softplus(x)' },
  [tf.Sqrt]: { float: 'select(sqrt(x), not_a_number(), x < 0.0 || is_nan(x))' },
  [tf.Square]: { float: 'x * x', int: 'x * x' },
  [tf.Step]: { float: 'kept(select(uniforms.first, 1.0, x > 0.0), x)', options: ['alpha'] },
  [tf.Tan]: { float: 'precise_sin(x) / precise_cos(x)' },
  [tf.Tanh]: { float: 'precise_tanh(x)' },
};

/** Functions that only these need. */
const helpers: Readonly<Record<string, string>> = {
  kept: 'fn kept(value: f32, x: f32) -> f32 { return select(value, x, is_nan(x)); }',
  with_sign: 'fn with_sign(value: f32, x: f32) -> f32 { return select(value, -value, x < 0.0); }',
  acosh_of: `fn acosh_of(x: f32) -> f32 {
  if (x < 1.0 || is_nan(x)) { return not_a_number(); }
  if (x > 1e9) { return precise_log(x) + 0.6931471805599453; }
  return precise_log1p((x - 1.0) + sqrt((x - 1.0) * (x + 1.0)));
}`,
  // half of e^x in two factors, of which the second may not overflow
  cosh_of: `fn cosh_of(x: f32) -> f32 {
  let half_way = precise_exp(0.5 * abs(x));
  return select(0.5 * (half_way * half_way + 1.0 / (half_way * half_way)), (0.5 * half_way) * half_way, abs(x) > 20.0);
}`,
  sinh_of: `fn sinh_of(x: f32) -> f32 {
  let size = abs(x);
  let half_way = precise_exp(0.5 * size);
  let e = precise_expm1(min(size, 20.0));
  let value = select((0.5 * half_way) * half_way, 0.5 * (e + e / (e + 1.0)), size < 20.0);
  return select(value, -value, x < 0.0);
}`,
  // Abramowitz and Stegun 1964, 7.1.26, as TFJS elsewhere
  erf_of: `fn erf_of(x: f32) -> f32 {
  let size = abs(x);
  let t = 1.0 / (1.0 + 0.3275911 * size);
  let sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let value = 1.0 - sum * precise_exp(-size * size);
  return select(select(value, -value, x < 0.0), x, is_nan(x));
}`,
};

function shaderOf(kernelName: string, expression: string, truth: boolean): Shader {
  const own = Object.entries(helpers).filter(([name]) => expression.includes(`${name}(`));
  return {
    name: `unary-${kernelName.toLowerCase()}`,
    workgroup: threads,
    uniforms: { count: 'u32', first: 'f32', second: 'f32' },
    code: forEach(
      `let x = input[i];
  y[i] = ${truth ? `select(0, 1, ${expression})` : expression};`,
      own.map(([, text]) => text).join('\n'),
    ),
  };
}

export const unaryKernels: readonly Composition[] = Object.entries(functions).map(
  ([kernelName, { float, int, truth = false, options = [] }]) => {
    const floats = float === undefined ? null : shaderOf(kernelName, float, truth);
    const integers = int === undefined ? null : shaderOf(kernelName, int, truth);
    return gpuKernel<Readonly<Record<string, number>>>(kernelName, (inputs, attrs, gpu) => {
      const input = Object.values(inputs)[0]!;
      const shader = input.dtype === 'float32' ? floats : integers;
      if (shader === null || input.dtype === 'complex64' || input.dtype === 'string') return null;
      const y = gpu.allocate(input.shape, truth ? 'bool' : input.dtype);
      const count = tf.util.sizeFromShape(input.shape);
      const [first = 0, second = 0] = options.map((name) => attrs[name!] ?? 0);
      gpu.run(shader, {
        inputs: { input },
        outputs: { y },
        uniforms: { count, first, second },
        groups: groupsFor(count),
      });
      return y;
    });
  },
);
