import * as tf from '@tensorflow/tfjs-core';
import { groupSum } from '../../webgpu/snippets/group-sum.js';
import { rowLanes, rowMax, rowSum } from '../../webgpu/snippets/row-sum.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { LabelRange, LabelWeights, SoftmaxCrossEntropy, SoftmaxCrossEntropyGrad } from './spec.js';

const threads = 64;

/** What each label contributes: the loss is sharp (lse - x_label) + flat Σ_c w_c (lse - x_c). Labels out of range have no share. */
const labelShares = (weighted: boolean): string => `
fn is_class(label: i32) -> bool { return label >= 0 && u32(label) < uniforms.classes; }
fn weight_of(class_number: u32) -> f32 { return ${weighted ? 'weight[class_number]' : '1.0'}; }
fn counts(label: i32) -> bool { return label != uniforms.ignored && is_class(label); }
fn sharp_of(label: i32) -> f32 { return (1.0 - uniforms.smoothing) * weight_of(u32(label)); }
fn flat() -> f32 { return uniforms.smoothing / f32(uniforms.classes); }`;

const labelUniforms = { rows: 'u32', classes: 'u32', ignored: 'i32', smoothing: 'f32' } as const;

const losses: Shader<{ LANES: 1 | 64; SMOOTH: boolean; WEIGHTED: boolean }> = {
  name: 'softmax-cross-entropy',
  workgroup: threads,
  uniforms: labelUniforms,
  code: ({ LANES, SMOOTH, WEIGHTED }) => `${rowSum(LANES)}${rowMax(LANES)}${labelShares(WEIGHTED)}
fn compute(group: vec3u, local: u32) {
  let row = group.x * ${threads / LANES}u + local / ${LANES}u;
  let lane = local % ${LANES}u;
  let start = row * uniforms.classes;
  let count = select(0u, uniforms.classes, row < uniforms.rows);
  var top = -infinity();
  for (var i = lane; i < count; i += ${LANES}u) { top = max(top, x[start + i]); }
  top = max_of_row(top, local);
  var sum = 0.0;
  var spread = 0.0;
  var total = 0.0;
  for (var i = lane; i < count; i += ${LANES}u) {
    let from_top = x[start + i] - top;
    sum += exp(from_top);
    ${SMOOTH ? 'spread += weight_of(i) * from_top; total += weight_of(i);' : ''}
  }
  sum = sum_of_row(sum, local);
  ${SMOOTH ? 'spread = sum_of_row(spread, local); total = sum_of_row(total, local);' : ''}
  if (lane == 0u && row < uniforms.rows) {
    let label = target_labels[row];
    let log_of_sum = precise_log(sum);
    var loss = 0.0;
    if (counts(label)) {
      // a class ruled out by a logit of -infinity is no more wrong than any float can say
      let picked = max(x[start + u32(label)] - top, -3.4028234e38);
      loss = sharp_of(label) * (log_of_sum - picked);
      ${SMOOTH ? 'loss += flat() * (log_of_sum * total - spread);' : ''}
    }
    value[row] = loss;
    largest[row] = top;
    log_sum[row] = log_of_sum;
  }
}`,
};

/** One number: the sum of the classes' weights. */
const weightTotal: Shader = {
  name: 'class-weight-total',
  workgroup: threads,
  uniforms: { classes: 'u32' },
  code: `${groupSum(threads)}
fn compute(group: vec3u, local: u32) {
  var part = 0.0;
  for (var i = local; i < uniforms.classes; i += ${threads}u) { part += weight[i]; }
  let sum = sum_of_group(part, local);
  if (local == 0u) { total[0] = sum; }
}`,
};

/** An invocation for each logit. */
const gradient: Shader<{ SMOOTH: boolean; WEIGHTED: boolean }> = {
  name: 'softmax-cross-entropy-grad',
  workgroup: threads,
  uniforms: labelUniforms,
  code: ({ SMOOTH, WEIGHTED }) => `${labelShares(WEIGHTED)}
fn compute(group: vec3u, local: u32) {
  let at = group.x * ${threads}u + local;
  let row = at / uniforms.classes;
  if (row >= uniforms.rows) { return; }
  let class_number = at % uniforms.classes;
  let label = target_labels[row];
  var slope = 0.0;
  if (counts(label)) {
    let p = exp(x[at] - largest[row] - log_sum[row]);
    slope = sharp_of(label) * (p - select(0.0, 1.0, class_number == u32(label)));
    ${SMOOTH ? `slope += flat() * (p * ${WEIGHTED ? 'total[0]' : 'f32(uniforms.classes)'} - weight_of(class_number));` : ''}
    slope *= dy[row];
  }
  dx[at] = slope;
}`,
};

const sizeOf = ({ shape }: tf.TensorInfo): number => tf.util.sizeFromShape(shape);

export const softmaxCrossEntropyOnGpu = webgpuKernel(
  SoftmaxCrossEntropy,
  ({ logits, target, weight }, { ignoreIndex, labelSmoothing }, gpu) => {
    const [rows, classes] = [sizeOf(target), logits.shape.at(-1)!];
    const [value, largest, logSum] = [1, 2, 3].map(() => gpu.allocate(target.shape)) as [
      tf.TensorInfo,
      tf.TensorInfo,
      tf.TensorInfo,
    ];
    const LANES = rowLanes(classes);
    gpu.run(losses, {
      inputs: { x: logits, target_labels: target, weight },
      outputs: { value, largest, log_sum: logSum },
      uniforms: { rows, classes, ignored: ignoreIndex, smoothing: labelSmoothing },
      constants: { LANES, SMOOTH: labelSmoothing !== 0, WEIGHTED: weight != null },
      groups: [Math.ceil(rows / (threads / LANES))],
    });
    return [value, largest, logSum];
  },
);

export const softmaxCrossEntropyGradOnGpu = webgpuKernel(
  SoftmaxCrossEntropyGrad,
  ({ dy, logits, target, weight, largest, logSum }, { ignoreIndex, labelSmoothing }, gpu) => {
    const [rows, classes] = [sizeOf(target), logits.shape.at(-1)!];
    const dx = gpu.allocate(logits.shape);
    const SMOOTH = labelSmoothing !== 0;
    const total = SMOOTH && weight != null ? gpu.scratch([1]) : null;
    if (total !== null)
      gpu.run(weightTotal, { inputs: { weight }, outputs: { total }, uniforms: { classes }, groups: [1] });
    gpu.run(gradient, {
      inputs: { dy, x: logits, target_labels: target, weight, largest, log_sum: logSum, total },
      outputs: { dx },
      uniforms: { rows, classes, ignored: ignoreIndex, smoothing: labelSmoothing },
      constants: { SMOOTH, WEIGHTED: weight != null },
      groups: [Math.ceil((rows * classes) / threads)],
    });
    return dx;
  },
);

const weightsOfLabels: Shader<{ WEIGHTED: boolean }> = {
  name: 'label-weights',
  workgroup: threads,
  uniforms: { rows: 'u32', classes: 'u32', ignored: 'i32' },
  code: ({ WEIGHTED }) => `
fn compute(group: vec3u, local: u32) {
  let row = group.x * ${threads}u + local;
  if (row >= uniforms.rows) { return; }
  let label = target_labels[row];
  var value = 0.0;
  if (label != uniforms.ignored && label >= 0 && u32(label) < uniforms.classes) {
    value = ${WEIGHTED ? 'weight[u32(label)]' : '1.0'};
  }
  out[row] = value;
}`,
};

export const labelWeightsOnGpu = webgpuKernel(LabelWeights, ({ target, weight }, { classes, ignoreIndex }, gpu) => {
  const out = gpu.allocate(target.shape);
  const rows = sizeOf(target);
  gpu.run(weightsOfLabels, {
    inputs: { target_labels: target, weight },
    outputs: { out },
    uniforms: { rows, classes, ignored: ignoreIndex },
    constants: { WEIGHTED: weight != null },
    groups: [Math.ceil(rows / threads)],
  });
  return out;
});

/** Extremes of runs of labels, or of such extremes: pairs of smallest and largest. The last run gives the result. */
const rangeOfLabels: Shader<{ PAIRS: boolean }> = {
  name: 'label-range',
  workgroup: threads,
  uniforms: { count: 'u32', run: 'u32', ignores: 'u32', ignored: 'i32', last: 'u32' },
  code: ({ PAIRS }) => `
var<workgroup> lows: array<i32, ${threads}>;
var<workgroup> highs: array<i32, ${threads}>;
fn compute(group: vec3u, local: u32) {
  var low = i32(0x7fffffff);
  var high = -low - 1;
  let end = min((group.x + 1u) * uniforms.run, uniforms.count);
  for (var i = group.x * uniforms.run + local; i < end; i += ${threads}u) {
    ${
      PAIRS
        ? 'low = min(low, labels[2u * i]); high = max(high, labels[2u * i + 1u]);'
        : 'if (uniforms.ignores == 0u || labels[i] != uniforms.ignored) { low = min(low, labels[i]); high = max(high, labels[i]); }'
    }
  }
  lows[local] = low;
  highs[local] = high;
  for (var half = ${threads / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      lows[local] = min(lows[local], lows[local + half]);
      highs[local] = max(highs[local], highs[local + half]);
    }
  }
  if (local == 0u) {
    let none = uniforms.last != 0u && lows[0] > highs[0];
    range[2u * group.x] = select(lows[0], 0, none);
    range[2u * group.x + 1u] = select(highs[0], -1, none);
  }
}`,
};

export const labelRangeOnGpu = webgpuKernel(LabelRange, ({ target }, { ignoreIndex }, gpu) => {
  const size = sizeOf(target);
  const run = Math.max(1024, Math.ceil(Math.sqrt(size)));
  const runs = Math.max(1, Math.ceil(size / run));
  const range = gpu.allocate([2], 'int32');
  const parts = runs > 1 ? gpu.scratch([runs, 2], 'int32') : range;
  const ignored = { ignores: Number(ignoreIndex !== null), ignored: ignoreIndex ?? 0 };
  gpu.run(rangeOfLabels, {
    inputs: { labels: target },
    outputs: { range: parts },
    uniforms: { count: size, run, ...ignored, last: Number(runs === 1) },
    constants: { PAIRS: false },
    groups: [runs],
  });
  if (runs > 1) {
    gpu.run(rangeOfLabels, {
      inputs: { labels: parts },
      outputs: { range },
      uniforms: { count: runs, run: runs, ...ignored, last: 1 },
      constants: { PAIRS: true },
      groups: [1],
    });
  }
  return range;
});
