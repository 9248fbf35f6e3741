// hourglass-gru-scan|gates:f32,weight:f32,bias:f32,h0:f32>states:f32,trace:f32|ROWS=4,THREADS=256
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, first: u32, end: u32, length: u32, batch: u32, units: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> gates: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> h0: array<f32>;
@group(0) @binding(5) var<storage, read_write> states: array<f32>;
@group(0) @binding(6) var<storage, read_write> trace: array<f32>;
const ROWS = 4u;
const THREADS = 256u;
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
fn precise_expm1(x: f32) -> f32 {
  if (abs(x) > 0.5 || is_nan(x)) { return precise_exp(x) - 1.0; }
  return x * (1.0 + x * (1.0 / 2.0 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x * (1.0 / 720.0 + x * (1.0 / 5040.0 + x / 40320.0)))))));
}
fn precise_tanh(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let e = precise_expm1(2.0 * clamp(x, -10.0, 10.0));
  return e / (e + 2.0);
}
fn precise_sigmoid(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let e = precise_exp(-abs(x));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}
alias Rows = vec4f;
var<workgroup> held: array<Rows, 512>;

fn state_before(t: u32, sequence: u32, unit: u32) -> f32 {
  if (t == 0u) { return h0[sequence * uniforms.units + unit]; }
  return states[((t - 1u) * uniforms.batch + sequence) * uniforms.units + unit];
}
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
}
fn compute(group: vec3u, local: u32) {
  let sequence = group.x * ROWS;
  for (var i = uniforms.first; i < uniforms.end; i++) {
    let t = i;

    for (var block = 0u; block < uniforms.units; block += 256u) {
      let unit = block + local;
      var sum_0 = Rows(); var sum_1 = Rows(); var sum_2 = Rows();
      for (var start = 0u; start < uniforms.units; start += 512u) {
        let filled = min(512u, uniforms.units - start);
        workgroupBarrier();
        for (var k = local; k < filled; k += 256u) {
          held[k] = Rows(state_before(t, min(sequence + 0u, uniforms.batch - 1u), start + k), state_before(t, min(sequence + 1u, uniforms.batch - 1u), start + k), state_before(t, min(sequence + 2u, uniforms.batch - 1u), start + k), state_before(t, min(sequence + 3u, uniforms.batch - 1u), start + k));
        }
        workgroupBarrier();
        if (unit < uniforms.units) {
          var k = 0u;
          // four rows of the matrix are under way at a time
          for (; k + 4u <= filled; k += 4u) {
            { let x = held[k + 0u]; let at = (start + k + 0u) * 3u * uniforms.units + unit; sum_0 += x * weight[at + 0u]; sum_1 += x * weight[at + uniforms.units]; sum_2 += x * weight[at + 2u * uniforms.units]; }
            { let x = held[k + 1u]; let at = (start + k + 1u) * 3u * uniforms.units + unit; sum_0 += x * weight[at + 0u]; sum_1 += x * weight[at + uniforms.units]; sum_2 += x * weight[at + 2u * uniforms.units]; }
            { let x = held[k + 2u]; let at = (start + k + 2u) * 3u * uniforms.units + unit; sum_0 += x * weight[at + 0u]; sum_1 += x * weight[at + uniforms.units]; sum_2 += x * weight[at + 2u * uniforms.units]; }
            { let x = held[k + 3u]; let at = (start + k + 3u) * 3u * uniforms.units + unit; sum_0 += x * weight[at + 0u]; sum_1 += x * weight[at + uniforms.units]; sum_2 += x * weight[at + 2u * uniforms.units]; }
          }
          for (; k < filled; k++) { { let x = held[k]; let at = (start + k) * 3u * uniforms.units + unit; sum_0 += x * weight[at + 0u]; sum_1 += x * weight[at + uniforms.units]; sum_2 += x * weight[at + 2u * uniforms.units]; } }
        }
      }
      if (unit < uniforms.units) {
        if (sequence + 0u < uniforms.batch) { unit_of(t, sequence + 0u, unit, sum_0[0], sum_1[0], sum_2[0]); }
        if (sequence + 1u < uniforms.batch) { unit_of(t, sequence + 1u, unit, sum_0[1], sum_1[1], sum_2[1]); }
        if (sequence + 2u < uniforms.batch) { unit_of(t, sequence + 2u, unit, sum_0[2], sum_1[2], sum_2[2]); }
        if (sequence + 3u < uniforms.batch) { unit_of(t, sequence + 3u, unit, sum_0[3], sum_1[3], sum_2[3]); }
      }
    }
    storageBarrier();
  }
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
