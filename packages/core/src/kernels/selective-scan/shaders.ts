import type { Constants, Shader } from '../../webgpu/shader.js';
import { selectiveScanChunk as T } from './chunk.js';

/*
 * An invocation has one channel in one chunk of time, and walks the states one after another; neighbours have neighbouring channels.
 * What a chunk does to the state before it is h → exp(A Σ Δ) h + what it ends with from zero: such pairs are put together in a
 * pass of their own, so that chunks do not wait for each other.
 *
 * `coefficients` are A turned round [N, D], then B and C [B, L, G, N]: one array, since a shader has eight at most.
 * Steps beyond the end have size 0 and change nothing.
 */

/** Channels of a workgroup, all of one group. */
export const channelsAtOnce = 64;

export const sizes = {
  channels: 'u32',
  length: 'u32',
  states: 'u32',
  groups: 'u32',
  chunks: 'u32',
  /** Workgroups that the channels of a group need. */
  blocks: 'u32',
  /** Where B and C begin in the coefficients. */
  first_b: 'u32',
  first_c: 'u32',
} as const;

/** Where a workgroup is: groups are [chunks, G · blocks, B]. */
const place = `
struct Place { chunk: u32, batch: u32, group: u32, channel: u32, inside: bool, start: u32, count: u32 }
fn place_of(group: vec3u, local: u32) -> Place {
  let each = uniforms.channels / uniforms.groups;
  let within = group.y % uniforms.blocks * ${channelsAtOnce}u + local;
  let index = group.y / uniforms.blocks;
  let start = group.x * ${T}u;
  return Place(group.x, group.z, index, index * each + min(within, each - 1u), within < each, start, min(${T}u, uniforms.length - start));
}
// of the place's step t in arrays [B, L, D], in rows of B and C, and of a state in arrays [B, chunks, N, D]
fn element(p: Place, t: u32) -> u32 { return (p.batch * uniforms.length + p.start + t) * uniforms.channels + p.channel; }
fn row(p: Place, t: u32) -> u32 {
  let step = p.start + min(t, p.count - 1u);
  return ((p.batch * uniforms.length + step) * uniforms.groups + p.group) * uniforms.states;
}
fn cell(p: Place, n: u32) -> u32 {
  return ((p.batch * uniforms.chunks + p.chunk) * uniforms.states + n) * uniforms.channels + p.channel;
}`;

const stepSize = (SOFTPLUS: boolean, BIAS: boolean): string => `
fn step_size(at: u32, channel: u32) -> f32 {
  let raw = delta[at]${BIAS ? ' + deltaBias[channel]' : ''};
  return ${SOFTPLUS ? 'precise_softplus(raw)' : 'raw'};
}`;

export interface Flags extends Constants {
  readonly SOFTPLUS: boolean;
  readonly BIAS: boolean;
  readonly SKIP: boolean;
  readonly GATE: boolean;
}

/** A, B, C → coefficients. */
export const gather: Shader = {
  name: 'selective-scan-coefficients',
  workgroup: 64,
  uniforms: { channels: 'u32', states: 'u32', rows: 'u32' },
  code: `
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  let matrix = uniforms.channels * uniforms.states;
  if (at < matrix) {
    coefficients[at] = A[at % uniforms.channels * uniforms.states + at / uniforms.channels];
  } else if (at < matrix + uniforms.rows) {
    coefficients[at] = B[at - matrix];
  } else if (at < matrix + 2u * uniforms.rows) {
    coefficients[at] = C[at - matrix - uniforms.rows];
  }
}`,
};

/** Each chunk's steps, Δ and Δ u. */
const readSteps = `
  var step: array<f32, ${T}>;
  var added: array<f32, ${T}>;
  for (var t = 0u; t < ${T}u; t++) {
    step[t] = 0.0;
    added[t] = 0.0;
    if (t < p.count) {
      step[t] = step_size(element(p, t), p.channel);
      added[t] = step[t] * u[element(p, t)];
    }
  }`;

/** The states that every chunk ends with when it begins with zeros, and the sum of its step sizes. */
export const chunkEnds: Shader<Pick<Flags, 'SOFTPLUS' | 'BIAS'>> = {
  name: 'selective-scan-chunks',
  workgroup: channelsAtOnce,
  uniforms: sizes,
  code: ({ SOFTPLUS, BIAS }) => `${place}${stepSize(SOFTPLUS, BIAS)}
fn compute(group: vec3u, local: u32) {
  let p = place_of(group, local);
  if (!p.inside) { return; }
  ${readSteps}
  var span = 0.0;
  for (var t = 0u; t < ${T}u; t++) { span += step[t]; }
  spans[(p.batch * uniforms.chunks + p.chunk) * uniforms.channels + p.channel] = span;
  for (var n = 0u; n < uniforms.states; n++) {
    let a = coefficients[n * uniforms.channels + p.channel];
    var h = 0.0;
    for (var t = 0u; t < ${T}u; t++) {
      h = exp(step[t] * a) * h + added[t] * coefficients[uniforms.first_b + row(p, t) + n];
    }
    kept[cell(p, n)] = h;
  }
}`,
};

/** Chunks' ends put together: afterwards `ends` has what comes into each chunk. In time's direction, or against it. */
export const carry: Shader<{ BACKWARDS: boolean; GIVEN: boolean; RESULT: boolean }> = {
  name: 'selective-scan-carry',
  workgroup: 64,
  uniforms: { channels: 'u32', states: 'u32', chunks: 'u32', count: 'u32' },
  code: ({ GIVEN, RESULT }) => `
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  if (at >= uniforms.count) { return; }
  let channel = at % uniforms.channels;
  let n = at / uniforms.channels % uniforms.states;
  let batch = at / (uniforms.channels * uniforms.states);
  let a = coefficients[n * uniforms.channels + channel];
  let cell = (batch * uniforms.channels + channel) * uniforms.states + n;
  var h = ${GIVEN ? 'given[cell]' : '0.0'};
  for (var i = 0u; i < uniforms.chunks; i++) {
    let chunk = batch * uniforms.chunks + select(i, uniforms.chunks - 1u - i, BACKWARDS);
    let place = (chunk * uniforms.states + n) * uniforms.channels + channel;
    let own = ends[place];
    ends[place] = h;
    h = exp(a * spans[chunk * uniforms.channels + channel]) * h + own;
  }
  ${RESULT ? 'result[cell] = h;' : ''}
}`,
};

/** y, from the states before each chunk. */
export const outputs: Shader<Flags> = {
  name: 'selective-scan',
  workgroup: channelsAtOnce,
  uniforms: sizes,
  code: ({ SOFTPLUS, BIAS, SKIP, GATE }) => `${place}${stepSize(SOFTPLUS, BIAS)}
fn compute(group: vec3u, local: u32) {
  let p = place_of(group, local);
  if (!p.inside) { return; }
  ${readSteps}
  var read: array<f32, ${T}>;
  for (var n = 0u; n < uniforms.states; n++) {
    let a = coefficients[n * uniforms.channels + p.channel];
    var h = kept[cell(p, n)];
    for (var t = 0u; t < ${T}u; t++) {
      let at = row(p, t) + n;
      h = exp(step[t] * a) * h + added[t] * coefficients[uniforms.first_b + at];
      read[t] += h * coefficients[uniforms.first_c + at];
    }
  }
  for (var t = 0u; t < p.count; t++) {
    let at = element(p, t);
    var value = read[t];
    ${SKIP ? 'value += D[p.channel] * u[at];' : ''}
    ${GATE ? 'value *= z[at] * precise_sigmoid(z[at]);' : ''}
    y[at] = value;
  }
}`,
};

/** Step sizes, and the gradient of what is read out before the gate. */
export const gradStart: Shader<Pick<Flags, 'SOFTPLUS' | 'BIAS' | 'GATE'>> = {
  name: 'selective-scan-grad-start',
  workgroup: 64,
  uniforms: { channels: 'u32', count: 'u32' },
  code: ({ SOFTPLUS, BIAS, GATE }) => `${stepSize(SOFTPLUS, BIAS)}
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  if (at >= uniforms.count) { return; }
  steps[at] = step_size(at, at % uniforms.channels);
  upstream[at] = dy[at]${GATE ? ' * z[at] * precise_sigmoid(z[at])' : ''};
}`,
};

/** The gradient that every chunk passes on to the state before it when none comes in, and the sum of its step sizes. */
export const gradChunkEnds: Shader = {
  name: 'selective-scan-grad-chunks',
  workgroup: channelsAtOnce,
  uniforms: sizes,
  code: `${place}
fn compute(group: vec3u, local: u32) {
  let p = place_of(group, local);
  if (!p.inside) { return; }
  var step: array<f32, ${T}>;
  var dread: array<f32, ${T}>;
  var span = 0.0;
  for (var t = 0u; t < ${T}u; t++) {
    step[t] = 0.0;
    dread[t] = 0.0;
    if (t < p.count) {
      step[t] = steps[element(p, t)];
      dread[t] = upstream[element(p, t)];
    }
    span += step[t];
  }
  spans[(p.batch * uniforms.chunks + p.chunk) * uniforms.channels + p.channel] = span;
  for (var n = 0u; n < uniforms.states; n++) {
    let a = coefficients[n * uniforms.channels + p.channel];
    var g = 0.0;
    for (var i = 1u; i <= ${T}u; i++) {
      let t = ${T}u - i;
      g = exp(step[t] * a) * (g + dread[t] * coefficients[uniforms.first_c + row(p, t) + n]);
    }
    carried[cell(p, n)] = g;
  }
}`,
};

/**
 * The gradients inside of a chunk, its states computed once more into the workgroup's memory. Overwrites the step sizes by their
 * gradient, `upstream` by the gradient of u but for the skip, `carried` by the chunk's part of the gradient of A; `parts` gets
 * what the workgroup's channels bring to the gradients of B and C, [blocks, 2, B, L, G, N], and `readout` what is read out.
 */
export const gradChunks: Shader<{ GATE: boolean }> = {
  name: 'selective-scan-grad',
  workgroup: channelsAtOnce,
  uniforms: { ...sizes, rows: 'u32' },
  code: ({ GATE }) => `${place}
var<workgroup> history: array<f32, ${T * channelsAtOnce}>;
var<workgroup> terms: array<f32, ${T * channelsAtOnce}>;
fn compute(group: vec3u, local: u32) {
  let p = place_of(group, local);
  var step: array<f32, ${T}>;
  var input: array<f32, ${T}>;
  var dread: array<f32, ${T}>;
  var along: array<f32, ${T}>;
  var dstep: array<f32, ${T}>;
  ${GATE ? `var total: array<f32, ${T}>;` : ''}
  for (var t = 0u; t < ${T}u; t++) {
    step[t] = 0.0;
    input[t] = 0.0;
    dread[t] = 0.0;
    if (p.inside && t < p.count) {
      let at = element(p, t);
      step[t] = steps[at];
      input[t] = u[at];
      dread[t] = upstream[at];
    }
  }
  for (var n = 0u; n < uniforms.states; n++) {
    let a = coefficients[n * uniforms.channels + p.channel];
    let before = kept[cell(p, n)];
    var h = before;
    for (var t = 0u; t < ${T}u; t++) {
      let at = row(p, t) + n;
      h = exp(step[t] * a) * h + step[t] * input[t] * coefficients[uniforms.first_b + at];
      history[t * ${channelsAtOnce}u + local] = h;
      ${GATE ? 'total[t] += h * coefficients[uniforms.first_c + at];' : ''}
    }
    var g = select(0.0, carried[cell(p, n)], p.inside);
    var da = 0.0;
    for (var i = 1u; i <= ${T}u; i++) {
      let t = ${T}u - i;
      let at = row(p, t) + n;
      let mine = t * ${channelsAtOnce}u + local;
      let decay = exp(step[t] * a);
      g += dread[t] * coefficients[uniforms.first_c + at];
      var previous = before;
      if (t > 0u) { previous = history[mine - ${channelsAtOnce}u]; }
      let exponent = g * previous * decay;
      dstep[t] += exponent * a;
      da += exponent * step[t];
      along[t] += g * coefficients[uniforms.first_b + at];
      // the state of this step is not needed any more
      history[mine] *= dread[t];
      terms[mine] = g * step[t] * input[t];
      g *= decay;
    }
    if (p.inside) { carried[cell(p, n)] = da; }
    workgroupBarrier();
    // half of the invocations for each array, a step each
    let t = local % ${T}u;
    var sum = 0.0;
    for (var i = 0u; i < ${channelsAtOnce}u; i++) {
      // from different places on, which lie in different banks of memory
      let at = t * ${channelsAtOnce}u + (i + local) % ${channelsAtOnce}u;
      if (local < ${T}u) { sum += terms[at]; } else { sum += history[at]; }
    }
    if (t < p.count) {
      parts[(group.y % uniforms.blocks * 2u + local / ${T}u) * uniforms.rows + row(p, t) + n] = sum;
    }
    workgroupBarrier();
  }
  if (!p.inside) { return; }
  for (var t = 0u; t < p.count; t++) {
    let at = element(p, t);
    steps[at] = dstep[t] + along[t] * input[t];
    upstream[at] = along[t] * step[t];
    ${GATE ? 'readout[at] = total[t];' : ''}
  }
}`,
};

/** The skip's part of the gradient of u, the gradient of z in place of what was read out, and the chunk's of D. */
export const gradEnds: Shader<Pick<Flags, 'SKIP' | 'GATE'>> = {
  name: 'selective-scan-grad-ends',
  workgroup: 64,
  uniforms: { channels: 'u32', length: 'u32', chunks: 'u32' },
  code: ({ SKIP, GATE }) => `
fn compute(group: vec3u, local: u32) {
  let channel = group.x * 64u + local;
  if (channel >= uniforms.channels) { return; }
  var total = 0.0;
  let end = min(uniforms.length, (group.y + 1u) * ${T}u);
  for (var t = group.y * ${T}u; t < end; t++) {
    let at = (group.z * uniforms.length + t) * uniforms.channels + channel;
    var dread = dy[at];
    ${
      GATE
        ? `let open = precise_sigmoid(z[at]);
    let value = readout[at]${SKIP ? ' + D[channel] * u[at]' : ''};
    readout[at] = dread * value * open * (1.0 + z[at] * (1.0 - open));
    dread *= z[at] * open;`
        : ''
    }
    ${SKIP ? 'du[at] += D[channel] * dread; total += dread * u[at];' : ''}
  }
  ${SKIP ? 'parts[(group.z * uniforms.chunks + group.y) * uniforms.channels + channel] = total;' : ''}
}`,
};

/** From the gradient of the step sizes to that of delta, and the chunk's part of the bias's. */
export const gradSteps: Shader<Pick<Flags, 'SOFTPLUS' | 'BIAS'>> = {
  name: 'selective-scan-grad-steps',
  workgroup: 64,
  uniforms: { channels: 'u32', length: 'u32', chunks: 'u32' },
  code: ({ SOFTPLUS, BIAS }) => `
fn compute(group: vec3u, local: u32) {
  let channel = group.x * 64u + local;
  if (channel >= uniforms.channels) { return; }
  var total = 0.0;
  let end = min(uniforms.length, (group.y + 1u) * ${T}u);
  for (var t = group.y * ${T}u; t < end; t++) {
    let at = (group.z * uniforms.length + t) * uniforms.channels + channel;
    ${SOFTPLUS ? `ddelta[at] *= precise_sigmoid(delta[at]${BIAS ? ' + deltaBias[channel]' : ''});` : ''}
    total += ddelta[at];
  }
  ${BIAS ? 'parts[(group.z * uniforms.chunks + group.y) * uniforms.channels + channel] = total;' : ''}
}`,
};
