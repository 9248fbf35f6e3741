import * as tf from '@tensorflow/tfjs-core';
import type { Shader } from '../../webgpu/shader.js';
import type { Composition } from '../composition.js';
import { broadcastStrides, mergeAxes, type Axes } from '../host/strided.js';
import { forEach, gpuKernel, groupsFor, threads } from './gpu-kernel.js';

interface Binary {
  /** Of floats `a` and `b`. */
  readonly float?: string;
  /** Of whole numbers or truth values. */
  readonly int?: string;
  readonly truth?: boolean;
  /** The result is a whole number also of floats. */
  readonly whole?: boolean;
  /** The names of the inputs, `a` and `b` when left out. */
  readonly names?: readonly [string, string];
}

const comparison = (operator: string): Binary => ({
  float: `!is_nan(a) && !is_nan(b) && a ${operator} b`,
  int: `a ${operator} b`,
  truth: true,
});

/** What TFJS's lack: NaN and infinities where they belong, division by 0, tensors of no elements. */
const functions: Readonly<Record<string, Binary>> = {
  [tf.Add]: { float: 'a + b', int: 'a + b' },
  [tf.Atan2]: { float: 'precise_atan2(a, b)' },
  [tf.BitwiseAnd]: { int: 'a & b' },
  [tf.EluGrad]: { float: 'select(a * (b + 1.0), a, b >= 0.0)', names: ['dy', 'y'] },
  [tf.Equal]: comparison('=='),
  [tf.FloorDiv]: { float: 'whole_of(floored(a, b))', int: 'floor_division(a, b)', whole: true },
  [tf.Greater]: comparison('>'),
  [tf.GreaterEqual]: comparison('>='),
  [tf.Less]: comparison('<'),
  [tf.LessEqual]: comparison('<='),
  [tf.LogicalAnd]: { int: 'a != 0 && b != 0', truth: true },
  [tf.LogicalOr]: { int: 'a != 0 || b != 0', truth: true },
  [tf.LogicalXor]: { int: '(a != 0) != (b != 0)', truth: true },
  [tf.Maximum]: { float: 'either_nan(max(a, b), a, b)', int: 'max(a, b)' },
  [tf.Minimum]: { float: 'either_nan(min(a, b), a, b)', int: 'min(a, b)' },
  [tf.Mod]: { float: 'floor_remainder(a, b)', int: 'select(0, a - b * floor_division(a, b), b != 0)' },
  [tf.Multiply]: { float: 'a * b', int: 'a * b' },
  [tf.NotEqual]: { float: 'is_nan(a) || is_nan(b) || a != b', int: 'a != b', truth: true },
  [tf.Pow]: { float: 'precise_pow(a, b)', int: 'whole_power(a, b)' },
  [tf.Prelu]: { float: 'select(a, b * a, a < 0.0)', names: ['x', 'alpha'] },
  [tf.RealDiv]: { float: 'a / b', int: 'select(0, a / b, b != 0)' },
  [tf.SquaredDifference]: { float: '(a - b) * (a - b)', int: '(a - b) * (a - b)' },
  [tf.Sub]: { float: 'a - b', int: 'a - b' },
};

/** Functions that only these need. */
const helpers: Readonly<Record<string, string>> = {
  either_nan:
    'fn either_nan(value: f32, a: f32, b: f32) -> f32 { return select(select(value, b, is_nan(b)), a, is_nan(a)); }',
  floor_division: `fn floor_division(a: i32, b: i32) -> i32 {
  if (b == 0) { return 0; }
  let whole = a / b;
  return select(whole, whole - 1, whole * b != a && ((a < 0) != (b < 0)));
}`,
  // a quotient may be too small for a number, but its sign counts
  floored: `fn floored(a: f32, b: f32) -> f32 {
  let whole = floor(a / b);
  return select(whole, -1.0, whole == 0.0 && a != 0.0 && !is_infinite(b) && ((a < 0.0) != (b < 0.0)));
}`,
  // the sign of the divisor, as in Python
  floor_remainder: `fn floor_remainder(a: f32, b: f32) -> f32 {
  let rest = precise_rem(a, b);
  if ((a < 0.0 && b < 0.0) || (a >= 0.0 && b >= 0.0)) { return rest; }
  // as in double precision, where a small rest leaves the divisor what it is
  return select(select(rest + b, 0.0, abs(rest) <= abs(b) * 1e-16), not_a_number(), is_infinite(b));
}`,
  whole_power: `fn whole_power(a: i32, b: i32) -> i32 {
  if (b < 0) {
    if (a == 1) { return 1; }
    return select(0, select(1, -1, (b & 1) == 1), a == -1);
  }
  var value = 1;
  var square = a;
  for (var rest = b; rest > 0; rest >>= 1u) {
    if ((rest & 1) == 1) { value *= square; }
    square *= square;
  }
  return value;
}`,
};

/** How an operand's element is found: at `i`, everywhere the same, or through strides. */
type Access = 'same' | 'one' | 'strided';

function accessOf(x: tf.TensorInfo, shape: readonly number[]): Access {
  const size = tf.util.sizeFromShape(x.shape);
  return size === tf.util.sizeFromShape([...shape]) ? 'same' : size === 1 ? 'one' : 'strided';
}

const index = (access: Access, name: string): string =>
  access === 'same' ? 'i' : access === 'one' ? '0u' : `at_${name}`;

/** A shader for tensors of up to `rank` axes that are not merged; 0 where none needs strides. */
function shaderOf(kernelName: string, expression: string, truth: boolean, a: Access, b: Access, rank: number): Shader {
  const own = Object.entries(helpers).filter(([name]) => expression.includes(`${name}(`));
  const strided = [...(a === 'strided' ? ['a'] : []), ...(b === 'strided' ? ['b'] : [])];
  const steps = Array.from({ length: strided.length > 0 ? rank : 0 }, (_, axis) => rank - 1 - axis).map(
    (axis) => `{ let c = rest % uniforms.size${axis}; rest /= uniforms.size${axis};
    ${strided.map((name) => `at_${name} += c * uniforms.${name}${axis};`).join(' ')} }`,
  );
  const axes = Array.from({ length: strided.length > 0 ? rank : 0 }, (_, axis) => axis);
  return {
    name: `binary-${kernelName.toLowerCase()}-${a}-${b}${strided.length > 0 ? `-${rank}` : ''}`,
    workgroup: threads,
    uniforms: Object.fromEntries([
      ['count', 'u32'] as const,
      ...axes.map((axis) => [`size${axis}`, 'u32'] as const),
      ...strided.flatMap((name) => axes.map((axis) => [`${name}${axis}`, 'u32'] as const)),
    ]),
    code: forEach(
      `${strided.length > 0 ? 'var rest = i;' : ''}
  ${strided.map((name) => `var at_${name} = 0u;`).join(' ')}
  ${steps.join('\n  ')}
  let a = left[${index(a, 'a')}];
  let b = right[${index(b, 'b')}];
  y[i] = ${truth ? `select(0, 1, ${expression})` : expression};`,
      own.map(([, text]) => text).join('\n'),
    ),
  };
}

/** Shaders made so far, by name. */
const shaders = new Map<string, Shader>();

/** Ranks that have a shader of their own. */
const ranks = [2, 3, 4, 6, 8];

export const binaryKernels: readonly Composition[] = Object.entries(functions).map(
  ([kernelName, { float, int, truth = false, whole = false, names: [first, second] = ['a', 'b'] }]) =>
    gpuKernel(kernelName, ({ [first]: left, [second]: right }, _, gpu) => {
      const dtype = left!.dtype;
      const expression = dtype === 'float32' ? float : int;
      const isFloat = (x: tf.TensorInfo): boolean => x.dtype === 'float32';
      const unfit = [left!, right!].some((x) => x.dtype === 'complex64' || x.dtype === 'string');
      if (expression === undefined || unfit || isFloat(left!) !== isFloat(right!)) return null;
      const shape = tf.broadcast_util.assertAndGetBroadcastShape(left!.shape, right!.shape);
      const [a, b] = [accessOf(left!, shape), accessOf(right!, shape)];
      const { sizes, strides }: Axes =
        a === 'strided' || b === 'strided'
          ? mergeAxes(shape, [broadcastStrides(left!.shape, shape), broadcastStrides(right!.shape, shape)])
          : { sizes: [], strides: [[], []] };
      const rank = ranks.find((most) => most >= sizes.length);
      if (rank === undefined) return null;
      const key = `${kernelName} ${dtype === 'float32'} ${a} ${b} ${rank}`;
      let shader = shaders.get(key);
      if (shader === undefined) {
        shader = shaderOf(kernelName, expression, truth, a, b, rank);
        shaders.set(key, shader);
      }
      const y = gpu.allocate(shape, truth ? 'bool' : whole ? 'int32' : dtype);
      const count = tf.util.sizeFromShape(shape);
      const missing = rank - sizes.length;
      const uniforms: Record<string, number> = { count };
      for (let axis = 0; axis < rank; axis++) {
        uniforms[`size${axis}`] = sizes[axis - missing] ?? 1;
        uniforms[`a${axis}`] = strides[0]![axis - missing] ?? 0;
        uniforms[`b${axis}`] = strides[1]![axis - missing] ?? 0;
      }
      gpu.run(shader, {
        inputs: { left: left!, right: right! },
        outputs: { y },
        uniforms,
        groups: groupsFor(count),
      });
      return y;
    }),
);
