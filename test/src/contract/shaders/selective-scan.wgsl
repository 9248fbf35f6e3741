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

// hourglass-selective-scan-chunks|u:f32,delta:f32,coefficients:f32>kept:f32,spans:f32|SOFTPLUS=false,BIAS=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, channels: u32, length: u32, states: u32, groups: u32, chunks: u32, blocks: u32, first_b: u32, first_c: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> u: array<f32>;
@group(0) @binding(2) var<storage, read> delta: array<f32>;
@group(0) @binding(3) var<storage, read> coefficients: array<f32>;
@group(0) @binding(4) var<storage, read_write> kept: array<f32>;
@group(0) @binding(5) var<storage, read_write> spans: array<f32>;
const SOFTPLUS = false;
const BIAS = false;
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
fn step_size(at: u32, channel: u32) -> f32 {
  let raw = delta[at];
  return raw;
}
fn compute(group: vec3u, local: u32) {
  let p = place_of(group, local);
  if (!p.inside) { return; }
  
  var step: array<f32, 32>;
  var added: array<f32, 32>;
  for (var t = 0u; t < 32u; t++) {
    step[t] = 0.0;
    added[t] = 0.0;
    if (t < p.count) {
      step[t] = step_size(element(p, t), p.channel);
      added[t] = step[t] * u[element(p, t)];
    }
  }
  var span = 0.0;
  for (var t = 0u; t < 32u; t++) { span += step[t]; }
  spans[(p.batch * uniforms.chunks + p.chunk) * uniforms.channels + p.channel] = span;
  for (var n = 0u; n < uniforms.states; n++) {
    let a = coefficients[n * uniforms.channels + p.channel];
    var h = 0.0;
    for (var t = 0u; t < 32u; t++) {
      h = exp(step[t] * a) * h + added[t] * coefficients[uniforms.first_b + row(p, t) + n];
    }
    kept[cell(p, n)] = h;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-selective-scan-carry|coefficients:f32,spans:f32>ends:f32,result:f32|BACKWARDS=false,GIVEN=false,RESULT=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, channels: u32, states: u32, chunks: u32, count: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> coefficients: array<f32>;
@group(0) @binding(2) var<storage, read> spans: array<f32>;
@group(0) @binding(3) var<storage, read_write> ends: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<f32>;
const BACKWARDS = false;
const GIVEN = false;
const RESULT = true;
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
  result[cell] = h;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-selective-scan|u:f32,delta:f32,coefficients:f32,kept:f32>y:f32|SOFTPLUS=false,BIAS=false,SKIP=false,GATE=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, channels: u32, length: u32, states: u32, groups: u32, chunks: u32, blocks: u32, first_b: u32, first_c: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> u: array<f32>;
@group(0) @binding(2) var<storage, read> delta: array<f32>;
@group(0) @binding(3) var<storage, read> coefficients: array<f32>;
@group(0) @binding(4) var<storage, read> kept: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
const SOFTPLUS = false;
const BIAS = false;
const SKIP = false;
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
fn step_size(at: u32, channel: u32) -> f32 {
  let raw = delta[at];
  return raw;
}
fn compute(group: vec3u, local: u32) {
  let p = place_of(group, local);
  if (!p.inside) { return; }
  
  var step: array<f32, 32>;
  var added: array<f32, 32>;
  for (var t = 0u; t < 32u; t++) {
    step[t] = 0.0;
    added[t] = 0.0;
    if (t < p.count) {
      step[t] = step_size(element(p, t), p.channel);
      added[t] = step[t] * u[element(p, t)];
    }
  }
  var read: array<f32, 32>;
  for (var n = 0u; n < uniforms.states; n++) {
    let a = coefficients[n * uniforms.channels + p.channel];
    var h = kept[cell(p, n)];
    for (var t = 0u; t < 32u; t++) {
      let at = row(p, t) + n;
      h = exp(step[t] * a) * h + added[t] * coefficients[uniforms.first_b + at];
      read[t] += h * coefficients[uniforms.first_c + at];
    }
  }
  for (var t = 0u; t < p.count; t++) {
    let at = element(p, t);
    var value = read[t];
    
    
    y[at] = value;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
