import * as tf from '@tensorflow/tfjs-core';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { groupByIndex } from '../../webgpu/group-by-index.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { columnLanes } from '../../webgpu/snippets/column-sum.js';
import { laneSum } from '../../webgpu/snippets/lane-sum.js';
import { GridSample, GridSampleGridGradient, GridSampleInputGradient, type GridSampleAttrs } from './spec.js';
import { sampling, samplingUniforms, tapsAlong, type Form } from './wgsl.js';

const modes = ['bilinear', 'nearest', 'bicubic'];
const paddings = ['zeros', 'border', 'reflection'];

/** What the shaders are told of the input, and their constants. */
function layoutOf(shape: readonly number[], grid: tf.TensorInfo, { mode, padding, alignCorners }: GridSampleAttrs) {
  const axes = shape.length - 2;
  const [width, height, depth = 1] = shape.slice(1, -1).toReversed();
  const samples = tf.util.sizeFromShape(grid.shape.slice(0, -1));
  const constants = { AXES: axes, MODE: modes.indexOf(mode) };
  const channels = shape.at(-1)!;
  const uniforms = {
    width: width!,
    height: height!,
    depth,
    channels,
    // of one entry of the batch
    points: shape[0] === 0 ? 0 : samples / shape[0]!,
    padding: paddings.indexOf(padding),
    align: Number(alignCorners),
  };
  return { samples, channels, uniforms, constants, elements: tf.util.sizeFromShape(shape.slice(0, -1)) };
}

const forward = elementwiseShader<Form>({
  name: 'grid-sample',
  uniforms: samplingUniforms,
  declarations: sampling,
  body: `
  let channel = i % uniforms.channels;
  let point = i / uniforms.channels;
  let taps = taps_of(point);
  var total = 0.0;
  for (var read = 0u; read < READS; read++) {
    let found = read_of(taps, point, read);
    total += found.weight * x[found.element * uniforms.channels + channel];
  }
  y[i] = total;`,
});

export const gridSampleOnGpu = webgpuKernel(GridSample, ({ x, grid }, attrs, gpu) => {
  const { samples, channels, uniforms, constants, elements } = layoutOf(x.shape, grid, attrs);
  if (samples * channels === 0 || elements === 0) return null;
  const y = gpu.allocate([...grid.shape.slice(0, -1), channels]);
  runElementwise(gpu, forward, samples * channels, { inputs: { x, grid }, outputs: { y }, uniforms, constants });
  return y;
});

/** Each read of a point: the element, none where the point is outside, and its weight. */
const listReads = elementwiseShader<Form>({
  name: 'grid-sample-reads',
  uniforms: samplingUniforms,
  declarations: sampling,
  body: `
  let taps = taps_of(i);
  for (var read = 0u; read < READS; read++) {
    let found = read_of(taps, i, read);
    elements[i * READS + read] = select(-1, i32(found.element), found.inside);
    weights[i * READS + read] = found.weight;
  }`,
});

/** Each element adds up its reads in the order of the points. */
const addReads = elementwiseShader<Form>({
  name: 'grid-sample-input-gradient',
  uniforms: { channels: 'u32' },
  declarations: ({ AXES, MODE }) => `const READS = ${tapsAlong(MODE) ** AXES}u;`,
  body: `
  let channel = i % uniforms.channels;
  let element = i / uniforms.channels;
  var total = 0.0;
  for (var at = pointer[element]; at < pointer[element + 1u]; at++) {
    let read = u32(order[at]);
    total += weights[read] * dy[read / READS * uniforms.channels + channel];
  }
  dx[i] = total;`,
});

export const gridSampleInputGradientOnGpu = webgpuKernel(
  GridSampleInputGradient,
  ({ grid, dy }, { shape, ...attrs }, gpu) => {
    const { samples, channels, uniforms, constants, elements } = layoutOf(shape, grid, attrs);
    if (samples * channels === 0 || elements === 0) return null;
    const reads = samples * tapsAlong(constants.MODE) ** constants.AXES;
    const [ids, weights] = [gpu.scratch([reads], 'int32'), gpu.scratch([reads])];
    runElementwise(gpu, listReads, samples, {
      inputs: { grid },
      outputs: { elements: ids, weights },
      uniforms,
      constants,
    });
    const { order, pointer } = groupByIndex(gpu, ids, reads, elements);
    const dx = gpu.allocate(shape);
    runElementwise(gpu, addReads, elements * channels, {
      inputs: { order, pointer, weights, dy },
      outputs: { dx },
      uniforms: { channels },
      constants,
    });
    return dx;
  },
);

const threads = 64;

/** Neighbouring invocations share a point and go through its channels together. */
const gridGradient: Shader<Form> = {
  name: 'grid-sample-grid-gradient',
  workgroup: threads,
  uniforms: { ...samplingUniforms, samples: 'u32', lanes: 'u32' },
  code: (constants) => `${laneSum(threads)}${sampling(constants)}
fn compute(group: vec3u, local: u32) {
  let point = group.x * (${threads}u / uniforms.lanes) + local / uniforms.lanes;
  let lane = local % uniforms.lanes;
  let inside = point < uniforms.samples;
  let taps = taps_of(select(0u, point, inside));
  var slopes = vec3f(0.0);
  for (var read = 0u; read < READS; read++) {
    let found = read_of(taps, select(0u, point, inside), read);
    var along = 0.0;
    for (var channel = select(uniforms.channels, lane, inside); channel < uniforms.channels; channel += uniforms.lanes) {
      along += dy[point * uniforms.channels + channel] * x[found.element * uniforms.channels + channel];
    }
    slopes += along * found.slopes;
  }
${Array.from({ length: constants.AXES }, (_, axis) => {
  const name = 'xyz'[axis]!;
  return `  let total_${name} = sum_of_lanes(slopes.${name}, local, uniforms.lanes);`;
}).join('\n')}
  if (inside && lane == 0u) {
${Array.from({ length: constants.AXES }, (_, axis) => `    dgrid[point * AXES + ${axis}u] = total_${'xyz'[axis]!};`).join('\n')}
  }
}`,
};

export const gridSampleGridGradientOnGpu = webgpuKernel(GridSampleGridGradient, ({ x, grid, dy }, attrs, gpu) => {
  const { samples, channels, uniforms, constants, elements } = layoutOf(x.shape, grid, attrs);
  if (samples * channels === 0 || elements === 0 || attrs.mode === 'nearest') return null;
  const dgrid = gpu.allocate(grid.shape);
  const lanes = columnLanes(channels, threads);
  gpu.run(gridGradient, {
    inputs: { x, grid, dy },
    outputs: { dgrid },
    uniforms: { ...uniforms, samples, lanes },
    constants,
    groups: [Math.ceil((samples * lanes) / threads)],
  });
  return dgrid;
});
