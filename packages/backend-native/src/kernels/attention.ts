import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import type { NativeBackend } from '../backend.js';
import { areFloats, kernel, type Inputs, type NativeKernel } from '../kernel.js';

type Attributes = kernels.AttentionAttributes;

/** As many axes as the C++ keeps of a mask's batch. */
const maskAxes = 8;

interface Problem {
  /** Shape of the log-sum-exp: [..., H, L]. */
  readonly rows: number[];
  /** Shape of the result. */
  readonly shape: number[];
  /** Arguments of the C++ after the result's address; see problem_of in cpp/attention/blocks.h. */
  readonly values: number[];
}

/** The sizes of a problem, checked; null for what the C++ does not do. */
function problemOf(backend: NativeBackend, inputs: Inputs, attrs: Attributes): Problem | null {
  const [q, k, v] = [inputs['q']!, inputs['k']!, inputs['v']!];
  const mask = inputs['mask'] ?? null;
  const kept = inputs['kept'] ?? null;
  if (!areFloats(q, k, v) || q.shape.length < (attrs.headsLast ? 3 : 2)) return null;
  const lead = q.shape.slice(0, -3);
  const sizes = ({ shape }: tf.TensorInfo): [heads: number, length: number, features: number] => {
    const [a, b, features] = [shape.at(-3) ?? 1, shape.at(-2)!, shape.at(-1)!];
    return attrs.headsLast ? [b, a, features] : [a, b, features];
  };
  const [[heads, length, features], [groups, keys, keyFeatures], [valueHeads, values, outputs]] = [
    sizes(q),
    sizes(k),
    sizes(v),
  ];
  const fits =
    [k, v].every((x) => x.shape.length === q.shape.length && tf.util.arraysEqual(x.shape.slice(0, -3), lead)) &&
    keyFeatures === features &&
    values === keys &&
    valueHeads === groups &&
    (groups === heads || (groups > 0 && heads % groups === 0));
  const full = [...lead, heads, length, keys];
  const strides = maskStrides(mask, full);
  if (kept !== null && (kept.dtype !== 'bool' || tf.util.sizeFromShape(kept.shape) !== tf.util.sizeFromShape(full)))
    return null;
  if (!fits || strides === null || lead.length > maskAxes) return null;
  return {
    rows: q.shape.length > 2 ? [...lead, heads, length] : [length],
    shape: [...q.shape.slice(0, -1), outputs],
    values: [
      ...[q, k, v].map((x) => backend.address(x)),
      mask === null ? 0 : backend.address(mask),
      mask === null ? 0 : mask.dtype === 'bool' ? 1 : 2,
      tf.util.sizeFromShape(lead),
      heads,
      groups,
      length,
      keys,
      features,
      outputs,
      Number(attrs.headsLast),
      Number(attrs.causal),
      attrs.scale,
      kept === null ? 0 : backend.address(kept),
      attrs.keptScale,
      ...strides.slice(lead.length),
      lead.length,
      ...lead,
      ...strides.slice(0, lead.length),
    ],
  };
}

/** How far a step on each axis of `full` goes in the mask: 0 where it is broadcast. Null where it does not fit. */
function maskStrides(mask: tf.TensorInfo | null, full: readonly number[]): number[] | null {
  const strides = full.map(() => 0);
  if (mask === null) return strides;
  const offset = full.length - mask.shape.length;
  if (offset < 0 || (mask.dtype !== 'bool' && mask.dtype !== 'float32')) return null;
  let step = 1;
  for (let axis = mask.shape.length - 1; axis >= 0; axis--) {
    const size = mask.shape[axis]!;
    if (size !== 1 && size !== full[axis + offset]) return null;
    if (size !== 1) strides[axis + offset] = step;
    step *= size;
  }
  return strides;
}

export const attentionKernels: readonly NativeKernel[] = [
  kernel<Attributes>(kernels.attention.kernelName, (backend, inputs, attrs) => {
    const problem = problemOf(backend, inputs, attrs);
    if (problem === null) return null;
    const outputs = [backend.output(problem.shape, 'float32'), backend.output(problem.rows, 'float32')];
    const [y, logSumExp] = outputs.map((output) => backend.address(output)) as [number, number];
    backend.call('attention', logSumExp, y, ...problem.values);
    return outputs;
  }),
  kernel<Attributes>(kernels.attentionGradient.kernelName, (backend, inputs, attrs) => {
    const problem = problemOf(backend, inputs, attrs);
    const [q, k, v, y, dy, logSumExp] = ['q', 'k', 'v', 'y', 'dy', 'logSumExp'].map((name) => inputs[name]!) as [
      tf.TensorInfo,
      tf.TensorInfo,
      tf.TensorInfo,
      tf.TensorInfo,
      tf.TensorInfo,
      tf.TensorInfo,
    ];
    const fits =
      problem !== null &&
      areFloats(y, dy, logSumExp) &&
      [y, dy].every((x) => tf.util.arraysEqual(x.shape, problem.shape)) &&
      tf.util.arraysEqual(logSumExp.shape, problem.rows);
    if (!fits) return null;
    const outputs = [q, k, v].map((x) => backend.output(x.shape, 'float32'));
    const addresses = [...outputs, dy, logSumExp, y].map((x) => backend.address(x));
    backend.call('attention_gradient', ...addresses, ...problem.values);
    return outputs;
  }),
];
