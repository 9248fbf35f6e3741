import { webgpuKernel } from '../../webgpu/kernel.js';
import { sumOfRows } from '../../webgpu/snippets/block-sums.js';
import { weightGradientOnGpu } from '../linear/on-gpu.js';
import { eachUnit, products, runScan, scanShader } from './scan-shader.js';
import { GruScan, GruScanGradient } from './spec.js';
import { arriving, isEmpty, stateBefore, statesBeforeOnGpu, turnedOnGpu } from './webgpu-parts.js';

const forward = scanShader({
  name: 'gru-scan',
  functions: () => `${stateBefore('uniforms.units')}
fn unit_of(t: u32, sequence: u32, unit: u32, for_r: f32, for_z: f32, for_n: f32) {
  let units = uniforms.units;
  let row = t * uniforms.batch + sequence;
  let at = row * 3u * units + unit;
  let r = precise_sigmoid(gates[at] + for_r + bias[unit]);
  let z = precise_sigmoid(gates[at + units] + for_z + bias[units + unit]);
  let hidden = for_n + bias[2u * units + unit];
  let n = precise_tanh(gates[at + 2u * units] + r * hidden);
  states[row * units + unit] = n + z * (state_before(t, sequence, unit) - n);
  let kept = row * 4u * units + unit;
  trace[kept] = r;
  trace[kept + units] = z;
  trace[kept + 2u * units] = n;
  trace[kept + 3u * units] = hidden;
}`,
  step: (grouping) =>
    products(grouping, {
      vector: 'state_before',
      count: 'uniforms.units',
      matrix: 'weight',
      stride: '3u * uniforms.units',
      columns: ['0u', 'uniforms.units', '2u * uniforms.units'],
      outputs: 'uniforms.units',
      finish: 'unit_of',
    }),
});

export const gruScanOnGpu = webgpuKernel(GruScan, ({ gates, weight, bias, h0 }, _, gpu) => {
  if (isEmpty(gates)) return null;
  const [length, batch] = gates.shape as [number, number, number];
  const units = h0.shape[1]!;
  const states = gpu.allocate([length, batch, units]);
  const trace = gpu.allocate([length, batch, 4 * units]);
  runScan(gpu, forward, {
    inputs: { gates, weight, bias, h0 },
    outputs: { states, trace },
    length,
    batch,
    units,
    weights: 3 * units * units,
  });
  return [states, trace];
});

const backward = scanShader({
  name: 'gru-scan-gradient',
  backwards: true,
  functions: () => `${stateBefore('uniforms.units')}
${arriving('uniforms.units')}
fn unit_of(t: u32, sequence: u32, unit: u32) {
  let units = uniforms.units;
  let row = t * uniforms.batch + sequence;
  let kept = row * 4u * units + unit;
  let r = trace[kept];
  let z = trace[kept + units];
  let n = trace[kept + 2u * units];
  let dh = arriving(t, sequence, unit);
  let to_n = dh * ((1.0 - z) * (1.0 - n * n));
  let to_z = dh * ((state_before(t, sequence, unit) - n) * (z * (1.0 - z)));
  let to_r = to_n * trace[kept + 3u * units] * (r * (1.0 - r));
  let at = row * 3u * units + unit;
  dgates[at] = to_r;
  dgates[at + units] = to_z;
  dgates[at + 2u * units] = to_n;
  recurrent[at] = to_r;
  recurrent[at + units] = to_z;
  recurrent[at + 2u * units] = to_n * r;
}
fn recurrent_of(t: u32, sequence: u32, gate: u32) -> f32 {
  return recurrent[(t * uniforms.batch + sequence) * 3u * uniforms.units + gate];
}
fn carry(t: u32, sequence: u32, unit: u32, sum: f32) {
  let z = trace[((t * uniforms.batch + sequence) * 4u + 1u) * uniforms.units + unit];
  dh0[sequence * uniforms.units + unit] = arriving(t, sequence, unit) * z + sum;
}`,
  step: (grouping) =>
    `${eachUnit(grouping, 'uniforms.units', 'unit_of')}${products(grouping, {
      vector: 'recurrent_of',
      count: '3u * uniforms.units',
      matrix: 'back',
      stride: 'uniforms.units',
      columns: ['0u'],
      outputs: 'uniforms.units',
      finish: 'carry',
    })}`,
});

export const gruScanGradientOnGpu = webgpuKernel(GruScanGradient, ({ dy, states, trace, weight, h0 }, _, gpu) => {
  if (isEmpty(dy)) return null;
  const [length, batch, units] = dy.shape as [number, number, number];
  const gates = [length, batch, 3 * units];
  const [dgates, recurrent, dh0] = [gpu.allocate(gates), gpu.scratch(gates), gpu.allocate(h0.shape)];
  runScan(gpu, backward, {
    inputs: { dy, states, trace, h0, back: turnedOnGpu(gpu, [weight]) },
    outputs: { dgates, recurrent, dh0 },
    length,
    batch,
    units,
    weights: 3 * units * units,
  });
  const dweight = weightGradientOnGpu(gpu, statesBeforeOnGpu(gpu, h0, states), recurrent, weight);
  return [dgates, dweight, sumOfRows(gpu, recurrent, length * batch, 3 * units), dh0];
});
