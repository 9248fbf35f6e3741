// hourglass-activation-grad-gated|x:f32,dy:f32>dx:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, p0: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
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
fn function_of(v: f32) -> f32 { 
    let u = uniforms.p0 * v;
    let s = precise_sigmoid(u);
    return s * (1.0 + u * (1.0 - s)); }
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  dx[i] = dy[i] * function_of(x[i]);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-activation-grad-gelu|x:f32,dy:f32>dx:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
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
fn normal_density(x: f32) -> f32 {
  let near = min(abs(x), 20.0);
  return precise_exp(-0.5 * near * near);
}
fn normal_distribution(x: f32, density: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3 * abs(x));
  var q = 0.0356748067;
  q = q * t - 0.157203197;
  q = q * t + 0.206353664;
  q = q * t - 0.0536837615;
  q = q * t + 0.128561676;
  q = q * t + 0.0999135077;
  q = q * t + 0.120753959;
  q = q * t + 0.119629301;
  let tail = density * q * t;
  return select(1.0 - tail, tail, x < 0.0);
}
fn function_of(v: f32) -> f32 { 
    let density = normal_density(v);
    return normal_distribution(v, density) + v * density * 0.398942280401433; }
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  dx[i] = dy[i] * function_of(x[i]);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-activation-grad-gelu-tanh|x:f32,dy:f32>dx:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
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
const a = 1.59576912160573;
const b = 0.0713548162726;
fn gate(near: f32) -> f32 { return precise_sigmoid(near * (near * near * b + a)); }
fn function_of(v: f32) -> f32 { 
    let near = clamp(v, -20.0, 20.0);
    let s = gate(near);
    return s * (1.0 + near * (1.0 - s) * (a + 3.0 * b * near * near)); }
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  dx[i] = dy[i] * function_of(x[i]);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-activation-grad-mish|x:f32,dy:f32>dx:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
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
fn gate(v: f32) -> f32 {
  let q = precise_sigmoid(-v);
  return precise_sigmoid(v) * (1.0 + q) / (1.0 + q * q);
}
fn function_of(v: f32) -> f32 { 
    let t = gate(v);
    return t + v * precise_sigmoid(v) * (1.0 - t * t); }
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  dx[i] = dy[i] * function_of(x[i]);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-activation-grad-hardswish|x:f32,dy:f32>dx:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
fn function_of(v: f32) -> f32 { return select(select(v / 3.0 + 0.5, 0.0, v <= -3.0), 1.0, v >= 3.0); }
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  dx[i] = dy[i] * function_of(x[i]);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-activation-grad-softplus|x:f32,dy:f32>dx:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, p0: f32, p1: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
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
fn function_of(v: f32) -> f32 { 
    let u = uniforms.p0 * v;
    return select(precise_sigmoid(u), 1.0, u > uniforms.p1); }
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  dx[i] = dy[i] * function_of(x[i]);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-activation-grad-leaky|x:f32,dy:f32>dx:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, p0: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
fn function_of(v: f32) -> f32 { return select(uniforms.p0, 1.0, v > 0.0); }
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  dx[i] = dy[i] * function_of(x[i]);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-activation-grad-exponential|x:f32,dy:f32>dx:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, p0: f32, p1: f32, p2: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
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
fn function_of(v: f32) -> f32 { return uniforms.p1 * select(uniforms.p0 * uniforms.p2 * precise_exp(uniforms.p2 * v), 1.0, v > 0.0); }
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  dx[i] = dy[i] * function_of(x[i]);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-activation-grad-squared-relu|x:f32,dy:f32>dx:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
fn function_of(v: f32) -> f32 { let positive = select(v, 0.0, v < 0.0); return 2.0 * positive; }
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  dx[i] = dy[i] * function_of(x[i]);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
