// hourglass-selective-scan-coefficients|A:f32,B:f32,C:f32>coefficients:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, channels: u32, states: u32, rows: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> A: array<f32>;
@group(0) @binding(2) var<storage, read> B: array<f32>;
@group(0) @binding(3) var<storage, read> C: array<f32>;
@group(0) @binding(4) var<storage, read_write> coefficients: array<f32>;
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
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-selective-scan-grad-start|delta:f32,dy:f32>steps:f32,upstream:f32|SOFTPLUS=false,BIAS=false,GATE=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, channels: u32, count: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> delta: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> steps: array<f32>;
@group(0) @binding(4) var<storage, read_write> upstream: array<f32>;
const SOFTPLUS = false;
const BIAS = false;
const GATE = false;
fn step_size(at: u32, channel: u32) -> f32 {
  let raw = delta[at];
  return raw;
}
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  if (at >= uniforms.count) { return; }
  steps[at] = step_size(at, at % uniforms.channels);
  upstream[at] = dy[at];
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-selective-scan-grad-chunks|steps:f32,upstream:f32,coefficients:f32>carried:f32,spans:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, channels: u32, length: u32, states: u32, groups: u32, chunks: u32, blocks: u32, first_b: u32, first_c: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> steps: array<f32>;
@group(0) @binding(2) var<storage, read> upstream: array<f32>;
@group(0) @binding(3) var<storage, read> coefficients: array<f32>;
@group(0) @binding(4) var<storage, read_write> carried: array<f32>;
@group(0) @binding(5) var<storage, read_write> spans: array<f32>;
struct Place { chunk: u32, batch: u32, group: u32, channel: u32, inside: bool, start: u32, count: u32 }
fn place_of(group: vec3u, local: u32) -> Place {
  let each = uniforms.channels / uniforms.groups;
  let within = group.y % uniforms.blocks * 64u + local;
  let index = group.y / uniforms.blocks;
  let start = group.x * 32u;
  return Place(group.x, group.z, index, index * each + min(within, each - 1u), within < each, start, min(32u, uniforms.length - start));
}
// of the place's step t in arrays [B, L, D], in rows of B and C, and of a state in arrays [B, chunks, N, D]
fn element(p: Place, t: u32) -> u32 { return (p.batch * uniforms.length + p.start + t) * uniforms.channels + p.channel; }
fn row(p: Place, t: u32) -> u32 {
  let step = p.start + min(t, p.count - 1u);
  return ((p.batch * uniforms.length + step) * uniforms.groups + p.group) * uniforms.states;
}
fn cell(p: Place, n: u32) -> u32 {
  return ((p.batch * uniforms.chunks + p.chunk) * uniforms.states + n) * uniforms.channels + p.channel;
}
fn compute(group: vec3u, local: u32) {
  let p = place_of(group, local);
  if (!p.inside) { return; }
  var step: array<f32, 32>;
  var dread: array<f32, 32>;
  var span = 0.0;
  for (var t = 0u; t < 32u; t++) {
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
    for (var i = 1u; i <= 32u; i++) {
      let t = 32u - i;
      g = exp(step[t] * a) * (g + dread[t] * coefficients[uniforms.first_c + row(p, t) + n]);
    }
    carried[cell(p, n)] = g;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-selective-scan-carry|coefficients:f32,spans:f32>ends:f32|BACKWARDS=true,GIVEN=false,RESULT=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, channels: u32, states: u32, chunks: u32, count: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> coefficients: array<f32>;
@group(0) @binding(2) var<storage, read> spans: array<f32>;
@group(0) @binding(3) var<storage, read_write> ends: array<f32>;
const BACKWARDS = true;
const GIVEN = false;
const RESULT = false;
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  if (at >= uniforms.count) { return; }
  let channel = at % uniforms.channels;
  let n = at / uniforms.channels % uniforms.states;
  let batch = at / (uniforms.channels * uniforms.states);
  let a = coefficients[n * uniforms.channels + channel];
  let cell = (batch * uniforms.channels + channel) * uniforms.states + n;
  var h = 0.0;
  for (var i = 0u; i < uniforms.chunks; i++) {
    let chunk = batch * uniforms.chunks + select(i, uniforms.chunks - 1u - i, BACKWARDS);
    let place = (chunk * uniforms.states + n) * uniforms.channels + channel;
    let own = ends[place];
    ends[place] = h;
    h = exp(a * spans[chunk * uniforms.channels + channel]) * h + own;
  }
  
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-selective-scan-grad|u:f32,coefficients:f32,kept:f32>steps:f32,upstream:f32,carried:f32,parts:f32|GATE=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, channels: u32, length: u32, states: u32, groups: u32, chunks: u32, blocks: u32, first_b: u32, first_c: u32, rows: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> u: array<f32>;
@group(0) @binding(2) var<storage, read> coefficients: array<f32>;
@group(0) @binding(3) var<storage, read> kept: array<f32>;
@group(0) @binding(4) var<storage, read_write> steps: array<f32>;
@group(0) @binding(5) var<storage, read_write> upstream: array<f32>;
@group(0) @binding(6) var<storage, read_write> carried: array<f32>;
@group(0) @binding(7) var<storage, read_write> parts: array<f32>;
const GATE = false;
struct Place { chunk: u32, batch: u32, group: u32, channel: u32, inside: bool, start: u32, count: u32 }
fn place_of(group: vec3u, local: u32) -> Place {
  let each = uniforms.channels / uniforms.groups;
  let within = group.y % uniforms.blocks * 64u + local;
  let index = group.y / uniforms.blocks;
  let start = group.x * 32u;
  return Place(group.x, group.z, index, index * each + min(within, each - 1u), within < each, start, min(32u, uniforms.length - start));
}
// of the place's step t in arrays [B, L, D], in rows of B and C, and of a state in arrays [B, chunks, N, D]
fn element(p: Place, t: u32) -> u32 { return (p.batch * uniforms.length + p.start + t) * uniforms.channels + p.channel; }
fn row(p: Place, t: u32) -> u32 {
  let step = p.start + min(t, p.count - 1u);
  return ((p.batch * uniforms.length + step) * uniforms.groups + p.group) * uniforms.states;
}
fn cell(p: Place, n: u32) -> u32 {
  return ((p.batch * uniforms.chunks + p.chunk) * uniforms.states + n) * uniforms.channels + p.channel;
}
var<workgroup> history: array<f32, 2048>;
var<workgroup> terms: array<f32, 2048>;
fn compute(group: vec3u, local: u32) {
  let p = place_of(group, local);
  var step: array<f32, 32>;
  var input: array<f32, 32>;
  var dread: array<f32, 32>;
  var along: array<f32, 32>;
  var dstep: array<f32, 32>;
  
  for (var t = 0u; t < 32u; t++) {
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
    for (var t = 0u; t < 32u; t++) {
      let at = row(p, t) + n;
      h = exp(step[t] * a) * h + step[t] * input[t] * coefficients[uniforms.first_b + at];
      history[t * 64u + local] = h;
      
    }
    var g = select(0.0, carried[cell(p, n)], p.inside);
    var da = 0.0;
    for (var i = 1u; i <= 32u; i++) {
      let t = 32u - i;
      let at = row(p, t) + n;
      let mine = t * 64u + local;
      let decay = exp(step[t] * a);
      g += dread[t] * coefficients[uniforms.first_c + at];
      var previous = before;
      if (t > 0u) { previous = history[mine - 64u]; }
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
    let t = local % 32u;
    var sum = 0.0;
    for (var i = 0u; i < 64u; i++) {
      // from different places on, which lie in different banks of memory
      let at = t * 64u + (i + local) % 64u;
      if (local < 32u) { sum += terms[at]; } else { sum += history[at]; }
    }
    if (t < p.count) {
      parts[(group.y % uniforms.blocks * 2u + local / 32u) * uniforms.rows + row(p, t) + n] = sum;
    }
    workgroupBarrier();
  }
  if (!p.inside) { return; }
  for (var t = 0u; t < p.count; t++) {
    let at = element(p, t);
    steps[at] = dstep[t] + along[t] * input[t];
    upstream[at] = along[t] * step[t];
    
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-sum-of-parts|x:f32>out:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, parts: u32, stride: u32, first: u32, count: u32, width: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
var<workgroup> sums: array<f32, 256>;
fn compute(group: vec3u, local: u32) {
  let column = group.x * 16u + local % 16u;
  var sum = 0.0;
  if (column < uniforms.count) {
    for (var part = local / 16u; part < uniforms.parts; part += 16u) {
      sum += x[part * uniforms.stride + uniforms.first + column];
    }
  }
  sums[local] = sum;
  for (var half = 8u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half * 16u) { sums[local] += sums[local + half * 16u]; }
  }
  if (local < 16u && column < uniforms.count) {
    out[column % uniforms.width * (uniforms.count / uniforms.width) + column / uniforms.width] = sums[local];
  }
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-selective-scan-grad-ends|u:f32,D:f32,dy:f32,z:f32>du:f32,readout:f32,parts:f32|SKIP=true,GATE=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, channels: u32, length: u32, chunks: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> u: array<f32>;
@group(0) @binding(2) var<storage, read> D: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read> z: array<f32>;
@group(0) @binding(5) var<storage, read_write> du: array<f32>;
@group(0) @binding(6) var<storage, read_write> readout: array<f32>;
@group(0) @binding(7) var<storage, read_write> parts: array<f32>;
const SKIP = true;
const GATE = true;
fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn infinity() -> f32 { return bitcast<f32>(uniforms.infinity_bits); }
fn power_of_two(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }
fn scaled_exp(r: f32, n: i32) -> f32 {
  let p = 1.0 + r * (1.0 + r * (1.0 / 2.0 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r / 5040.0))))));
  let half = n / 2;
  return p * power_of_two(half) * power_of_two(n - half);
}
fn precise_exp(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  if (x > 88.722839) { return infinity(); }
  if (x < -104.0) { return 0.0; }
  let n = round(x * 1.4426950408889634);
  return scaled_exp((x - n * 0.693359375) + n * 2.1219444005469057e-4, i32(n));
}
fn precise_sigmoid(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let e = precise_exp(-abs(x));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}
fn compute(group: vec3u, local: u32) {
  let channel = group.x * 64u + local;
  if (channel >= uniforms.channels) { return; }
  var total = 0.0;
  let end = min(uniforms.length, (group.y + 1u) * 32u);
  for (var t = group.y * 32u; t < end; t++) {
    let at = (group.z * uniforms.length + t) * uniforms.channels + channel;
    var dread = dy[at];
    let open = precise_sigmoid(z[at]);
    let value = readout[at] + D[channel] * u[at];
    readout[at] = dread * value * open * (1.0 + z[at] * (1.0 - open));
    dread *= z[at] * open;
    du[at] += D[channel] * dread; total += dread * u[at];
  }
  parts[(group.z * uniforms.chunks + group.y) * uniforms.channels + channel] = total;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-selective-scan-grad-steps|delta:f32,deltaBias:f32>ddelta:f32,parts:f32|SOFTPLUS=true,BIAS=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, channels: u32, length: u32, chunks: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> delta: array<f32>;
@group(0) @binding(2) var<storage, read> deltaBias: array<f32>;
@group(0) @binding(3) var<storage, read_write> ddelta: array<f32>;
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;
const SOFTPLUS = true;
const BIAS = true;
fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn infinity() -> f32 { return bitcast<f32>(uniforms.infinity_bits); }
fn power_of_two(n: i32) -> f32 { return bitcast<f32>(u32(n + 127) << 23u); }
fn scaled_exp(r: f32, n: i32) -> f32 {
  let p = 1.0 + r * (1.0 + r * (1.0 / 2.0 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r / 5040.0))))));
  let half = n / 2;
  return p * power_of_two(half) * power_of_two(n - half);
}
fn precise_exp(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  if (x > 88.722839) { return infinity(); }
  if (x < -104.0) { return 0.0; }
  let n = round(x * 1.4426950408889634);
  return scaled_exp((x - n * 0.693359375) + n * 2.1219444005469057e-4, i32(n));
}
fn precise_sigmoid(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let e = precise_exp(-abs(x));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}
fn compute(group: vec3u, local: u32) {
  let channel = group.x * 64u + local;
  if (channel >= uniforms.channels) { return; }
  var total = 0.0;
  let end = min(uniforms.length, (group.y + 1u) * 32u);
  for (var t = group.y * 32u; t < end; t++) {
    let at = (group.z * uniforms.length + t) * uniforms.channels + channel;
    ddelta[at] *= precise_sigmoid(delta[at] + deltaBias[channel]);
    total += ddelta[at];
  }
  parts[(group.z * uniforms.chunks + group.y) * uniforms.channels + channel] = total;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
