// hourglass-snake-grad|x:f32,dy:f32,alpha:f32>dx:f32,products:f32,squares:f32|LOG=false,BETA=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, positions: u32, channels: u32, block: u32, lanes: u32, alphas: u32, betas: u32, eps: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> alpha: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<storage, read_write> products: array<f32>;
@group(0) @binding(6) var<storage, read_write> squares: array<f32>;
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
var<workgroup> column_sum_parts: array<f32, 64>;
fn sum_of_column(value: f32, local: u32, lanes: u32) -> f32 {
  workgroupBarrier();
  column_sum_parts[local] = value;
  workgroupBarrier();
  for (var half = 32u; half >= lanes; half /= 2u) {
    if (local < half) { column_sum_parts[local] += column_sum_parts[local + half]; }
    workgroupBarrier();
  }
  return column_sum_parts[local % lanes];
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
  let channel = group.x * uniforms.lanes + local % uniforms.lanes;
  let inside = channel < uniforms.channels;
  let first = group.y * uniforms.block + local / uniforms.lanes;
  let end = select(0u, min((group.y + 1u) * uniforms.block, uniforms.positions), inside);
  let rate = rate_of(channel);
  let divisor = divisor_of(channel);
  var sum_of_products = 0.0;
  var sum_of_squares = 0.0;
  for (var p = first; p < end; p += 64u / uniforms.lanes) {
    let i = p * uniforms.channels + channel;
    let found = products_of(rate * x[i]);
    let g = dy[i];
    dx[i] = g * (2.0 * rate * found.y / divisor + 1.0);
    sum_of_products += g * x[i] * found.y;
    sum_of_squares += g * found.x;
  }
  let of_products = sum_of_column(sum_of_products, local, uniforms.lanes);
  let of_squares = sum_of_column(sum_of_squares, local, uniforms.lanes);
  if (local < uniforms.lanes && inside) {
    products[group.y * uniforms.channels + channel] = of_products;
    squares[group.y * uniforms.channels + channel] = of_squares;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-snake-grad-parameter|products:f32,squares:f32,alpha:f32>d:f32|LOG=false,BETA=false,OF_BETA=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, channels: u32, blocks: u32, shared_channels: u32, alphas: u32, betas: u32, eps: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> products: array<f32>;
@group(0) @binding(2) var<storage, read> squares: array<f32>;
@group(0) @binding(3) var<storage, read> alpha: array<f32>;
@group(0) @binding(4) var<storage, read_write> d: array<f32>;
const LOG = false;
const BETA = false;
const OF_BETA = false;
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
var<workgroup> group_sum_parts: array<f32, 64>;
fn sum_of_group(value: f32, local: u32) -> f32 {
  workgroupBarrier();
  group_sum_parts[local] = value;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (local < half) { group_sum_parts[local] += group_sum_parts[local + half]; }
    workgroupBarrier();
  }
  return group_sum_parts[0];
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
  var total = 0.0;
  for (var item = local; item < uniforms.blocks * uniforms.shared_channels; item += 64u) {
    let channel = group.x + item % uniforms.shared_channels;
    let at = item / uniforms.shared_channels * uniforms.channels + channel;
    let divisor = divisor_of(channel);
    let by_beta = -squares[at] / (divisor * divisor);
    total += 2.0 * products[at] / divisor + by_beta;
  }
  let sum = sum_of_group(total, local);
  if (local == 0u) {
    d[group.x] = sum;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
