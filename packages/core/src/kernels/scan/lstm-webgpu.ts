import { webgpuKernel } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { weightGradientOnGpu } from '../linear/on-gpu.js';
import { eachUnit, products, runScan, scanShader, type Grouping } from './scan-shader.js';
import { LstmScan, LstmScanGradient } from './spec.js';
import { arriving, isEmpty, stateBefore, statesBeforeOnGpu, turnedOnGpu } from './webgpu-parts.js';

type Form = { readonly PROJECTS: boolean };

const widths = { width: 'u32' } as const;
/** Numbers of a step's states. */
const stride = '(uniforms.width + uniforms.units)';

const forward = scanShader<Grouping & Form>({
  name: 'lstm-scan',
  uniforms: widths,
  functions: ({ PROJECTS }) => `${stateBefore('uniforms.width', stride)}
fn unit_of(t: u32, sequence: u32, unit: u32, for_i: f32, for_f: f32, for_g: f32, for_o: f32) {
  let units = uniforms.units;
  let row = t * uniforms.batch + sequence;
  let at = row * 4u * units + unit;
  let i = precise_sigmoid(gates[at] + for_i);
  let f = precise_sigmoid(gates[at + units] + for_f);
  let g = precise_tanh(gates[at + 2u * units] + for_g);
  let o = precise_sigmoid(gates[at + 3u * units] + for_o);
  trace[at] = i;
  trace[at + units] = f;
  trace[at + 2u * units] = g;
  trace[at + 3u * units] = o;
  var before: f32;
  if (t == 0u) { before = c0[sequence * units + unit]; }
  else { before = states[(row - uniforms.batch) * ${stride} + uniforms.width + unit]; }
  let c = f * before + i * g;
  states[row * ${stride} + uniforms.width + unit] = c;
  ${PROJECTS ? 'plain[sequence * units + unit]' : `states[row * ${stride} + unit]`} = o * precise_tanh(c);
}
${
  PROJECTS
    ? `fn plain_of(t: u32, sequence: u32, unit: u32) -> f32 { return plain[sequence * uniforms.units + unit]; }
fn projected(t: u32, sequence: u32, unit: u32, sum: f32) { states[(t * uniforms.batch + sequence) * ${stride} + unit] = sum; }`
    : ''
}`,
  step: (constants) => {
    const gates = products(constants, {
      vector: 'state_before',
      count: 'uniforms.width',
      matrix: 'weight',
      stride: '4u * uniforms.units',
      columns: ['0u', 'uniforms.units', '2u * uniforms.units', '3u * uniforms.units'],
      outputs: 'uniforms.units',
      finish: 'unit_of',
    });
    if (!constants.PROJECTS) return gates;
    return `${gates}${products(constants, {
      vector: 'plain_of',
      count: 'uniforms.units',
      matrix: 'projection',
      stride: 'uniforms.width',
      columns: ['0u'],
      outputs: 'uniforms.width',
      finish: 'projected',
    })}`;
  },
});

export const lstmScanOnGpu = webgpuKernel(LstmScan, ({ gates, weight, h0, c0, projection }, _, gpu) => {
  if (isEmpty(gates)) return null;
  const [length, batch] = gates.shape as [number, number, number];
  const [width, units] = [h0.shape[1]!, c0.shape[1]!];
  const states = gpu.allocate([length, batch, width + units]);
  const trace = gpu.allocate(gates.shape);
  const plain = projection === undefined ? undefined : gpu.scratch([batch, units]);
  runScan(gpu, forward, {
    inputs: { gates, weight, h0, c0, projection },
    outputs: { states, trace, plain },
    length,
    batch,
    units,
    uniforms: { width },
    constants: { PROJECTS: projection !== undefined },
    weights: units * width * (projection === undefined ? 4 : 5),
  });
  return [states, trace];
});

/** `turned` has the weight and the projection turned round, and c0: there are eight arrays at most. */
const backward = scanShader<Grouping & Form>({
  name: 'lstm-scan-gradient',
  uniforms: { ...widths, projection: 'u32', c0: 'u32' },
  backwards: true,
  functions: ({ PROJECTS }) => `${arriving('uniforms.width', stride)}
fn back(t: u32, sequence: u32, unit: u32, dout: f32) {
  let units = uniforms.units;
  let row = t * uniforms.batch + sequence;
  let at = row * 4u * units + unit;
  let i = trace[at];
  let f = trace[at + units];
  let g = trace[at + 2u * units];
  let o = trace[at + 3u * units];
  let cell = uniforms.width + unit;
  let squashed = precise_tanh(states[row * ${stride} + cell]);
  var before: f32;
  if (t == 0u) { before = turned[uniforms.c0 + sequence * units + unit]; }
  else { before = states[(row - uniforms.batch) * ${stride} + cell]; }
  var dc = dy[row * ${stride} + cell] + dout * (o * (1.0 - squashed * squashed));
  let carried = sequence * units + unit;
  if (t + 1u < uniforms.length) { dc += dc0[carried]; }
  dgates[at] = dc * (g * (i * (1.0 - i)));
  dgates[at + units] = dc * (before * (f * (1.0 - f)));
  dgates[at + 2u * units] = dc * (i * (1.0 - g * g));
  dgates[at + 3u * units] = dout * (squashed * (o * (1.0 - o)));
  dc0[carried] = dc * f;
}
${
  PROJECTS
    ? `fn receive(t: u32, sequence: u32, unit: u32) {
  received[(t * uniforms.batch + sequence) * uniforms.width + unit] = arriving(t, sequence, unit);
}`
    : 'fn unit_of(t: u32, sequence: u32, unit: u32) { back(t, sequence, unit, arriving(t, sequence, unit)); }'
}
fn gate_of(t: u32, sequence: u32, gate: u32) -> f32 { return dgates[(t * uniforms.batch + sequence) * 4u * uniforms.units + gate]; }
fn carry(t: u32, sequence: u32, unit: u32, sum: f32) { dh0[sequence * uniforms.width + unit] = sum; }`,
  step: (constants) => {
    const gates = constants.PROJECTS
      ? `${eachUnit(constants, 'uniforms.width', 'receive')}${products(constants, {
          vector: 'arriving',
          count: 'uniforms.width',
          matrix: 'turned',
          stride: 'uniforms.units',
          columns: ['uniforms.projection'],
          outputs: 'uniforms.units',
          finish: 'back',
        })}`
      : eachUnit(constants, 'uniforms.units', 'unit_of');
    return `${gates}${products(constants, {
      vector: 'gate_of',
      count: '4u * uniforms.units',
      matrix: 'turned',
      stride: 'uniforms.width',
      columns: ['0u'],
      outputs: 'uniforms.width',
      finish: 'carry',
    })}`;
  },
});

const threads = 64;

/** What the projection multiplied. */
const unprojected: Shader = {
  name: 'lstm-scan-unprojected',
  workgroup: threads,
  uniforms: { size: 'u32', units: 'u32', ...widths },
  code: `
fn compute(group: vec3u, local: u32) {
  let at = group.x * ${threads}u + local;
  if (at >= uniforms.size) { return; }
  let row = at / uniforms.units;
  let unit = at % uniforms.units;
  plain[at] = trace[(row * 4u + 3u) * uniforms.units + unit] * precise_tanh(states[row * ${stride} + uniforms.width + unit]);
}`,
};

export const lstmScanGradientOnGpu = webgpuKernel(LstmScanGradient, (inputs, _, gpu) => {
  const { dy, states, trace, weight, h0, c0, projection } = inputs;
  if (isEmpty(trace)) return null;
  const [length, batch] = trace.shape as [number, number, number];
  const [width, units] = [h0.shape[1]!, c0.shape[1]!];
  const projects = projection !== undefined;
  const [dgates, dh0, dc0] = [gpu.allocate(trace.shape), gpu.allocate(h0.shape), gpu.allocate(c0.shape)];
  const received = projects ? gpu.scratch([length, batch, width]) : undefined;
  const column = { ...c0, shape: [batch * units, 1] };
  const turned = turnedOnGpu(gpu, projects ? [weight, projection, column] : [weight, column]);
  const ofWeight = 4 * units * width;
  const ofProjection = projects ? units * width : 0;
  runScan(gpu, backward, {
    inputs: { dy, states, trace, turned },
    outputs: { dgates, dh0, dc0, received },
    length,
    batch,
    units,
    uniforms: { width, projection: ofWeight, c0: ofWeight + ofProjection },
    constants: { PROJECTS: projects },
    weights: ofWeight + ofProjection,
  });
  const dweight = weightGradientOnGpu(gpu, statesBeforeOnGpu(gpu, h0, states), dgates, weight);
  const gradients = [dgates, dweight, dh0, dc0];
  if (!projects) return gradients;
  const size = length * batch * units;
  const plain = gpu.scratch([length, batch, units]);
  gpu.run(unprojected, {
    inputs: { states, trace },
    outputs: { plain },
    uniforms: { size, units, width },
    groups: [Math.ceil(size / threads)],
  });
  return [...gradients, weightGradientOnGpu(gpu, plain, received!, projection)];
});
