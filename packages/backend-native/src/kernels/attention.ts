import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import type { NativeBackend } from '../backend.js';
import { addressOf, areFloats, kernel, type Inputs, type NativeKernel } from '../kernel.js';

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

/** Null for what the C++ does not do. */
function problemOf(backend: NativeBackend, inputs: Inputs, attrs: Attributes): Problem | null {
  const [q, k, v] = [inputs['q']!, inputs['k']!, inputs['v']!];
  const { mask, kept } = inputs;
  const layout = kernels.attentionLayout({ q, k, v, mask, kept }, attrs);
  if (layout === null || layout.lead.length > maskAxes) return null;
  const { lead, maskStrides } = layout;
  return {
    rows: [...layout.rows],
    shape: [...layout.shape],
    values: [
      ...[q, k, v].map((x) => backend.address(x)),
      addressOf(backend, mask),
      mask === undefined ? 0 : mask.dtype === 'bool' ? 1 : 2,
      layout.batch,
      layout.heads,
      layout.groups,
      layout.length,
      layout.keys,
      layout.features,
      layout.outputs,
      Number(attrs.headsLast),
      Number(attrs.causal),
      attrs.scale,
      addressOf(backend, kept),
      attrs.keptScale,
      ...maskStrides.slice(lead.length),
      lead.length,
      ...lead,
      ...maskStrides.slice(0, lead.length),
    ],
  };
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
