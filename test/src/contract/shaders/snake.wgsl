// hourglass-snake|x:f32,alpha:f32>y:f32|LOG=false,BETA=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, channels: u32, alphas: u32, betas: u32, eps: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> alpha: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
const LOG = false;
const BETA = false;
fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn is_infinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }
fn not_a_number() -> f32 { return bitcast<f32>(uniforms.infinity_bits | 0x400000u); }
fn quarter_turns(x: f32) -> vec2f {
  let n = round(x * 0.6366197723675814);
  let r = ((x - n * 1.5703125) - n * 4.837512969970703e-4) - n * 7.549789954891882e-8;
  return vec2f(clamp(r, -0.8, 0.8), select(n, 0.0, abs(n) > 1e9));
}
fn sin_near_zero(r: f32) -> f32 {
  let z = r * r;
  return r * (1.0 - z * (1.0 / 6.0 - z * (1.0 / 120.0 - z * (1.0 / 5040.0 - z / 362880.0))));
}
fn cos_near_zero(r: f32) -> f32 {
  let z = r * r;
  return 1.0 - z * (0.5 - z * (1.0 / 24.0 - z * (1.0 / 720.0 - z * (1.0 / 40320.0 - z / 3628800.0))));
}
fn natural(value: f32) -> f32 { return value; }
fn rate_of(channel: u32) -> f32 { return natural(alpha[min(channel, uniforms.alphas - 1u)]); }
fn divisor_of(channel: u32) -> f32 {
  return rate_of(channel) + uniforms.eps;
}
fn products_of(angle: f32) -> vec2f {
  if (is_nan(angle) || is_infinite(angle)) { return vec2f(not_a_number()); }
  let turned = quarter_turns(angle);
  let odd = (i32(turned.y) & 1) == 1;
  let s = sin_near_zero(turned.x);
  let c = cos_near_zero(turned.x);
  // the two change places, and one its sign, with each quarter
  return select(vec2f(s * s, s * c), vec2f(c * c, -s * c), odd);
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.size) { return; }
  let channel = i % uniforms.channels;
  y[i] = x[i] + products_of(rate_of(channel) * x[i]).x / divisor_of(channel);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
