import * as tf from '@tensorflow/tfjs-core';
import { webgpuKernel, type Gpu, type Infos } from '../../webgpu/kernel.js';
import { partsAtOnce, sumOfParts } from '../../webgpu/snippets/sum-of-parts.js';
import { selectiveScanChunk } from './chunk.js';
import * as shaders from './shaders.js';
import { SelectiveScan, SelectiveScanGrad, type SelectiveScanAttrs, type SelectiveScanInputs } from './spec.js';

/** Sizes and options of a call, and its coefficients. */
function prepare(inputs: Infos<SelectiveScanInputs>, { deltaSoftplus }: SelectiveScanAttrs, gpu: Gpu) {
  const { u, A, B, C, D, z, deltaBias } = inputs;
  const [batch, length, channels] = u.shape as [number, number, number];
  const states = A.shape[1]!;
  const groups = B.shape[2]!;
  const rows = tf.util.sizeFromShape(B.shape);
  const chunks = Math.ceil(length / selectiveScanChunk);
  const blocks = Math.ceil(channels / groups / shaders.channelsAtOnce);
  const coefficients = gpu.scratch([channels * states + 2 * rows]);
  gpu.run(shaders.gather, {
    inputs: { A, B, C },
    outputs: { coefficients },
    uniforms: { channels, states, rows },
    groups: [Math.ceil((channels * states + 2 * rows) / 64)],
  });
  const first = channels * states;
  return {
    coefficients,
    uniforms: { channels, length, states, groups, chunks, blocks, first_b: first, first_c: first + rows },
    batch,
    rows,
    grid: [chunks, groups * blocks, batch] as const,
    kept: [batch, chunks, states, channels] as const,
    state: [batch, channels, states] as const,
    flags: { SOFTPLUS: deltaSoftplus, BIAS: deltaBias != null, SKIP: D != null, GATE: z != null },
  };
}

type Prepared = ReturnType<typeof prepare>;

/** Runs {@link shaders.carry} on what the chunks ended with. */
function carry(
  { coefficients, uniforms: { channels, states, chunks }, batch }: Prepared,
  ends: tf.TensorInfo,
  spans: tf.TensorInfo,
  given: tf.TensorInfo | undefined,
  result: tf.TensorInfo | undefined,
  backwards: boolean,
  gpu: Gpu,
): void {
  const count = batch * channels * states;
  gpu.run(shaders.carry, {
    inputs: { coefficients, spans, given },
    outputs: { ends, result },
    uniforms: { channels, states, chunks, count },
    constants: { BACKWARDS: backwards, GIVEN: given != null, RESULT: result != null },
    groups: [Math.ceil(count / 64)],
  });
}

export const selectiveScanOnGpu = webgpuKernel(SelectiveScan, (inputs, attrs, gpu) => {
  const { u, delta, D, z, deltaBias, initialState } = inputs;
  if (tf.util.sizeFromShape(u.shape) === 0) return null;
  const call = prepare(inputs, attrs, gpu);
  const { coefficients, uniforms, grid, flags, batch } = call;
  const { SOFTPLUS, BIAS } = flags;
  const [y, state, kept] = [u.shape, call.state, call.kept].map((shape) => gpu.allocate(shape)) as [
    tf.TensorInfo,
    tf.TensorInfo,
    tf.TensorInfo,
  ];
  const spans = gpu.scratch([batch, uniforms.chunks, uniforms.channels]);
  gpu.run(shaders.chunkEnds, {
    inputs: { u, delta, deltaBias, coefficients },
    outputs: { kept, spans },
    uniforms,
    constants: { SOFTPLUS, BIAS },
    groups: grid,
  });
  carry(call, kept, spans, initialState, state, false, gpu);
  gpu.run(shaders.outputs, {
    inputs: { u, delta, deltaBias, coefficients, D, z, kept },
    outputs: { y },
    uniforms,
    constants: flags,
    groups: grid,
  });
  return [y, state, kept];
});

/** Sums of `count` numbers in rows of `stride`, as {@link sumOfParts} has it. */
function addUp(
  x: tf.TensorInfo,
  out: tf.TensorInfo,
  { parts, stride, first = 0, width = 1 }: { parts: number; stride: number; first?: number; width?: number },
  gpu: Gpu,
): void {
  const count = tf.util.sizeFromShape(out.shape);
  gpu.run(sumOfParts, {
    inputs: { x },
    outputs: { out },
    uniforms: { parts, stride, first, count, width },
    groups: [Math.ceil(count / partsAtOnce)],
  });
}

export const selectiveScanGradOnGpu = webgpuKernel(SelectiveScanGrad, (inputs, attrs, gpu) => {
  const { u, delta, A, B, C, D, z, deltaBias, initialState, dy, dstate, kept } = inputs;
  const size = tf.util.sizeFromShape(u.shape);
  if (size === 0) return null;
  const call = prepare(inputs, attrs, gpu);
  const { coefficients, uniforms, grid, flags, batch, rows } = call;
  const { SOFTPLUS, BIAS, SKIP, GATE } = flags;
  const { channels, states, length, chunks, blocks } = uniforms;
  // every array of [B, L, D] is used twice: what it has first is gone when its gradient is written
  const [ddelta, du] = [gpu.allocate(u.shape), gpu.allocate(u.shape)];
  const dz = GATE ? gpu.allocate(u.shape) : undefined;
  const dinitial = initialState == null ? undefined : gpu.allocate(call.state);
  gpu.run(shaders.gradStart, {
    inputs: { delta, deltaBias, dy, z },
    outputs: { steps: ddelta, upstream: du },
    uniforms: { channels, count: size },
    constants: { SOFTPLUS, BIAS, GATE },
    groups: [Math.ceil(size / 64)],
  });
  const carried = gpu.scratch(call.kept);
  const perChunk = gpu.scratch([batch, chunks, channels]);
  gpu.run(shaders.gradChunkEnds, {
    inputs: { steps: ddelta, upstream: du, coefficients },
    outputs: { carried, spans: perChunk },
    uniforms,
    groups: grid,
  });
  carry(call, carried, perChunk, dstate, dinitial, true, gpu);
  const parts = gpu.scratch([blocks, 2, rows]);
  gpu.run(shaders.gradChunks, {
    inputs: { u, coefficients, kept },
    outputs: { steps: ddelta, upstream: du, carried, parts, readout: dz },
    uniforms: { ...uniforms, rows },
    constants: { GATE },
    groups: grid,
  });
  const [dA, dB, dC] = [gpu.allocate(A.shape), gpu.allocate(B.shape), gpu.allocate(C.shape)];
  addUp(carried, dA, { parts: batch * chunks, stride: channels * states, width: channels }, gpu);
  addUp(parts, dB, { parts: blocks, stride: 2 * rows }, gpu);
  addUp(parts, dC, { parts: blocks, stride: 2 * rows, first: rows }, gpu);
  const gradients = [du, ddelta, dA, dB, dC];
  const byChunk = {
    uniforms: { channels, length, chunks },
    groups: [Math.ceil(channels / 64), chunks, batch] as const,
  };
  const sumPerChannel = (): tf.TensorInfo => {
    const out = gpu.allocate([channels]);
    addUp(perChunk, out, { parts: batch * chunks, stride: channels }, gpu);
    return out;
  };
  if (SKIP || GATE) {
    gpu.run(shaders.gradEnds, {
      ...byChunk,
      inputs: { u, D, dy, z },
      outputs: { du, readout: dz, parts: SKIP ? perChunk : undefined },
      constants: { SKIP, GATE },
    });
  }
  if (SKIP) gradients.push(sumPerChannel());
  if (dz !== undefined) gradients.push(dz);
  if (SOFTPLUS || BIAS) {
    gpu.run(shaders.gradSteps, {
      ...byChunk,
      inputs: { delta, deltaBias },
      outputs: { ddelta, parts: BIAS ? perChunk : undefined },
      constants: { SOFTPLUS, BIAS },
    });
  }
  if (BIAS) gradients.push(sumPerChannel());
  if (dinitial !== undefined) gradients.push(dinitial);
  return gradients;
});
