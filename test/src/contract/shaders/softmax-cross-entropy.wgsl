// hourglass-softmax-cross-entropy|x:f32,target_labels:i32>value:f32,largest:f32,log_sum:f32|LANES=1,SMOOTH=false,WEIGHTED=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, rows: u32, classes: u32, ignored: i32, smoothing: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> target_labels: array<i32>;
@group(0) @binding(3) var<storage, read_write> value: array<f32>;
@group(0) @binding(4) var<storage, read_write> largest: array<f32>;
@group(0) @binding(5) var<storage, read_write> log_sum: array<f32>;
const LANES = 1u;
const SMOOTH = false;
const WEIGHTED = false;
fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn is_infinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }
fn infinity() -> f32 { return bitcast<f32>(uniforms.infinity_bits); }
fn not_a_number() -> f32 { return bitcast<f32>(uniforms.infinity_bits | 0x400000u); }
fn log_ratio(s: f32) -> f32 {
  let z = s * s;
  return 2.0 * s * (1.0 + z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0 + z / 11.0)))));
}
fn precise_log(x: f32) -> f32 {
  if (is_nan(x) || x < 0.0) { return not_a_number(); }
  if (x == 0.0) { return -infinity(); }
  if (is_infinite(x)) { return x; }
  let bits = bitcast<u32>(x);
  var exponent = f32(i32(bits >> 23u) - 127);
  var mantissa = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
  if (mantissa > 1.41421356) { mantissa *= 0.5; exponent += 1.0; }
  let rest = log_ratio((mantissa - 1.0) / (mantissa + 1.0));
  return exponent * 0.693359375 + (rest - exponent * 2.1219444005469057e-4);
}
fn sum_of_row(value: f32, local: u32) -> f32 { return value; }fn max_of_row(value: f32, local: u32) -> f32 { return value; }
fn is_class(label: i32) -> bool { return label >= 0 && u32(label) < uniforms.classes; }
fn weight_of(class_number: u32) -> f32 { return 1.0; }
fn counts(label: i32) -> bool { return label != uniforms.ignored && is_class(label); }
fn sharp_of(label: i32) -> f32 { return (1.0 - uniforms.smoothing) * weight_of(u32(label)); }
fn flat() -> f32 { return uniforms.smoothing / f32(uniforms.classes); }
fn compute(group: vec3u, local: u32) {
  let row = group.x * 64u + local / 1u;
  let lane = local % 1u;
  let start = row * uniforms.classes;
  let count = select(0u, uniforms.classes, row < uniforms.rows);
  var top = -infinity();
  for (var i = lane; i < count; i += 1u) { top = max(top, x[start + i]); }
  top = max_of_row(top, local);
  var sum = 0.0;
  var spread = 0.0;
  var total = 0.0;
  for (var i = lane; i < count; i += 1u) {
    let from_top = x[start + i] - top;
    sum += exp(from_top);
    
  }
  sum = sum_of_row(sum, local);
  
  if (lane == 0u && row < uniforms.rows) {
    let label = target_labels[row];
    let log_of_sum = precise_log(sum);
    var loss = 0.0;
    if (counts(label)) {
      // a class ruled out by a logit of -infinity is no more wrong than any float can say
      let picked = max(x[start + u32(label)] - top, -3.4028234e38);
      loss = sharp_of(label) * (log_of_sum - picked);
      
    }
    value[row] = loss;
    largest[row] = top;
    log_sum[row] = log_of_sum;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
