// hourglass-rnn-scan|gates:f32,weight:f32,h0:f32>states:f32|RELU=true,ROWS=4,THREADS=256
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, first: u32, end: u32, length: u32, batch: u32, units: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> gates: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> h0: array<f32>;
@group(0) @binding(4) var<storage, read_write> states: array<f32>;
const RELU = true;
const ROWS = 4u;
const THREADS = 256u;
alias Rows = vec4f;
var<workgroup> held: array<Rows, 512>;

fn state_before(t: u32, sequence: u32, unit: u32) -> f32 {
  if (t == 0u) { return h0[sequence * uniforms.units + unit]; }
  return states[((t - 1u) * uniforms.batch + sequence) * uniforms.units + unit];
}
fn unit_of(t: u32, sequence: u32, unit: u32, sum: f32) {
  let at = (t * uniforms.batch + sequence) * uniforms.units + unit;
  let x = gates[at] + sum;
  states[at] = select(x, 0.0, x <= 0.0);
}
fn compute(group: vec3u, local: u32) {
  let sequence = group.x * ROWS;
  for (var i = uniforms.first; i < uniforms.end; i++) {
    let t = i;

    for (var block = 0u; block < uniforms.units; block += 256u) {
      let unit = block + local;
      var sum_0 = Rows();
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
            { let x = held[k + 0u]; let at = (start + k + 0u) * uniforms.units + unit; sum_0 += x * weight[at + 0u]; }
            { let x = held[k + 1u]; let at = (start + k + 1u) * uniforms.units + unit; sum_0 += x * weight[at + 0u]; }
            { let x = held[k + 2u]; let at = (start + k + 2u) * uniforms.units + unit; sum_0 += x * weight[at + 0u]; }
            { let x = held[k + 3u]; let at = (start + k + 3u) * uniforms.units + unit; sum_0 += x * weight[at + 0u]; }
          }
          for (; k < filled; k++) { { let x = held[k]; let at = (start + k) * uniforms.units + unit; sum_0 += x * weight[at + 0u]; } }
        }
      }
      if (unit < uniforms.units) {
        if (sequence + 0u < uniforms.batch) { unit_of(t, sequence + 0u, unit, sum_0[0]); }
        if (sequence + 1u < uniforms.batch) { unit_of(t, sequence + 1u, unit, sum_0[1]); }
        if (sequence + 2u < uniforms.batch) { unit_of(t, sequence + 2u, unit, sum_0[2]); }
        if (sequence + 3u < uniforms.batch) { unit_of(t, sequence + 3u, unit, sum_0[3]); }
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
