import { webgpuKernel } from '../../webgpu/kernel.js';
import { weightGradientOnGpu } from '../linear/on-gpu.js';
import { eachUnit, products, runScan, scanShader, type Grouping } from './scan-shader.js';
import { RnnScan, RnnScanGradient } from './spec.js';
import { arriving, isEmpty, stateBefore, statesBeforeOnGpu, turnedOnGpu } from './webgpu-parts.js';

type Form = { readonly RELU: boolean };

const forward = scanShader<Grouping & Form>({
  name: 'rnn-scan',
  functions: ({ RELU }) => `${stateBefore('uniforms.units')}
fn unit_of(t: u32, sequence: u32, unit: u32, sum: f32) {
  let at = (t * uniforms.batch + sequence) * uniforms.units + unit;
  let x = gates[at] + sum;
  states[at] = ${RELU ? 'select(x, 0.0, x <= 0.0)' : 'precise_tanh(x)'};
}`,
  step: (grouping) =>
    products(grouping, {
      vector: 'state_before',
      count: 'uniforms.units',
      matrix: 'weight',
      stride: 'uniforms.units',
      columns: ['0u'],
      outputs: 'uniforms.units',
      finish: 'unit_of',
    }),
});

export const rnnScanOnGpu = webgpuKernel(RnnScan, ({ gates, weight, h0 }, { nonlinearity }, gpu) => {
  if (isEmpty(gates)) return null;
  const [length, batch, units] = gates.shape as [number, number, number];
  const states = gpu.allocate(gates.shape);
  runScan(gpu, forward, {
    inputs: { gates, weight, h0 },
    outputs: { states },
    length,
    batch,
    units,
    constants: { RELU: nonlinearity === 'relu' },
    weights: units * units,
  });
  return [states];
});

const backward = scanShader<Grouping & Form>({
  name: 'rnn-scan-gradient',
  backwards: true,
  functions: ({ RELU }) => `${arriving('uniforms.units')}
fn unit_of(t: u32, sequence: u32, unit: u32) {
  let at = (t * uniforms.batch + sequence) * uniforms.units + unit;
  let h = states[at];
  dgates[at] = arriving(t, sequence, unit) * ${RELU ? 'select(select(0.0, 1.0, h > 0.0), h, is_nan(h))' : '(1.0 - h * h)'};
}
fn gate_of(t: u32, sequence: u32, gate: u32) -> f32 { return dgates[(t * uniforms.batch + sequence) * uniforms.units + gate]; }
fn carry(t: u32, sequence: u32, unit: u32, sum: f32) { dh0[sequence * uniforms.units + unit] = sum; }`,
  step: (grouping) =>
    `${eachUnit(grouping, 'uniforms.units', 'unit_of')}${products(grouping, {
      vector: 'gate_of',
      count: 'uniforms.units',
      matrix: 'back',
      stride: 'uniforms.units',
      columns: ['0u'],
      outputs: 'uniforms.units',
      finish: 'carry',
    })}`,
});

export const rnnScanGradientOnGpu = webgpuKernel(
  RnnScanGradient,
  ({ dy, states, weight, h0 }, { nonlinearity }, gpu) => {
    if (isEmpty(dy)) return null;
    const [length, batch, units] = dy.shape as [number, number, number];
    const [dgates, dh0] = [gpu.allocate(dy.shape), gpu.allocate(h0.shape)];
    runScan(gpu, backward, {
      inputs: { dy, states, back: turnedOnGpu(gpu, [weight]) },
      outputs: { dgates, dh0 },
      length,
      batch,
      units,
      constants: { RELU: nonlinearity === 'relu' },
      weights: units * units,
    });
    return [dgates, weightGradientOnGpu(gpu, statesBeforeOnGpu(gpu, h0, states), dgates, weight), dh0];
  },
);
