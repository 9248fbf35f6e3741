// hourglass-scan-turn|x:f32>turned:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, rows: u32, columns: u32, first: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> turned: array<f32>;
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  if (at >= uniforms.rows * uniforms.columns) { return; }
  turned[uniforms.first + at] = x[at % uniforms.rows * uniforms.columns + at / uniforms.rows];
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-lstm-scan-gradient|dy:f32,states:f32,trace:f32,turned:f32>dgates:f32,dh0:f32,dc0:f32|PROJECTS=false,ROWS=1,THREADS=64
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, first: u32, end: u32, length: u32, batch: u32, units: u32, width: u32, projection: u32, c0: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> states: array<f32>;
@group(0) @binding(3) var<storage, read> trace: array<f32>;
@group(0) @binding(4) var<storage, read> turned: array<f32>;
@group(0) @binding(5) var<storage, read_write> dgates: array<f32>;
@group(0) @binding(6) var<storage, read_write> dh0: array<f32>;
@group(0) @binding(7) var<storage, read_write> dc0: array<f32>;
const PROJECTS = false;
const ROWS = 1u;
const THREADS = 64u;
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
alias Rows = f32;
var<workgroup> held: array<Rows, 2048>;

fn arriving(t: u32, sequence: u32, unit: u32) -> f32 {
  let up = dy[(t * uniforms.batch + sequence) * (uniforms.width + uniforms.units) + unit];
  if (t + 1u == uniforms.length) { return up; }
  return up + dh0[sequence * uniforms.width + unit];
}
fn back(t: u32, sequence: u32, unit: u32, dout: f32) {
  let units = uniforms.units;
  let row = t * uniforms.batch + sequence;
  let at = row * 4u * units + unit;
  let i = trace[at];
  let f = trace[at + units];
  let g = trace[at + 2u * units];
  let o = trace[at + 3u * units];
  let cell = uniforms.width + unit;
  let squashed = precise_tanh(states[row * (uniforms.width + uniforms.units) + cell]);
  var before: f32;
  if (t == 0u) { before = turned[uniforms.c0 + sequence * units + unit]; }
  else { before = states[(row - uniforms.batch) * (uniforms.width + uniforms.units) + cell]; }
  var dc = dy[row * (uniforms.width + uniforms.units) + cell] + dout * (o * (1.0 - squashed * squashed));
  let carried = sequence * units + unit;
  if (t + 1u < uniforms.length) { dc += dc0[carried]; }
  dgates[at] = dc * (g * (i * (1.0 - i)));
  dgates[at + units] = dc * (before * (f * (1.0 - f)));
  dgates[at + 2u * units] = dc * (i * (1.0 - g * g));
  dgates[at + 3u * units] = dout * (squashed * (o * (1.0 - o)));
  dc0[carried] = dc * f;
}
fn unit_of(t: u32, sequence: u32, unit: u32) { back(t, sequence, unit, arriving(t, sequence, unit)); }
fn gate_of(t: u32, sequence: u32, gate: u32) -> f32 { return dgates[(t * uniforms.batch + sequence) * 4u * uniforms.units + gate]; }
fn carry(t: u32, sequence: u32, unit: u32, sum: f32) { dh0[sequence * uniforms.width + unit] = sum; }
fn compute(group: vec3u, local: u32) {
  let sequence = group.x * ROWS;
  for (var i = uniforms.first; i < uniforms.end; i++) {
    let t = uniforms.length - 1u - i;

    for (var unit = local; unit < uniforms.units; unit += 64u) {
        if (sequence + 0u < uniforms.batch) { unit_of(t, sequence + 0u, unit); }
    }
    storageBarrier();
    for (var block = 0u; block < uniforms.width; block += 64u) {
      let unit = block + local;
      var sum_0 = Rows();
      for (var start = 0u; start < 4u * uniforms.units; start += 2048u) {
        let filled = min(2048u, 4u * uniforms.units - start);
        workgroupBarrier();
        for (var k = local; k < filled; k += 64u) {
          held[k] = Rows(gate_of(t, min(sequence + 0u, uniforms.batch - 1u), start + k));
        }
        workgroupBarrier();
        if (unit < uniforms.width) {
          var k = 0u;
          // four rows of the matrix are under way at a time
          for (; k + 4u <= filled; k += 4u) {
            { let x = held[k + 0u]; let at = (start + k + 0u) * uniforms.width + unit; sum_0 += x * turned[at + 0u]; }
            { let x = held[k + 1u]; let at = (start + k + 1u) * uniforms.width + unit; sum_0 += x * turned[at + 0u]; }
            { let x = held[k + 2u]; let at = (start + k + 2u) * uniforms.width + unit; sum_0 += x * turned[at + 0u]; }
            { let x = held[k + 3u]; let at = (start + k + 3u) * uniforms.width + unit; sum_0 += x * turned[at + 0u]; }
          }
          for (; k < filled; k++) { { let x = held[k]; let at = (start + k) * uniforms.width + unit; sum_0 += x * turned[at + 0u]; } }
        }
      }
      if (unit < uniforms.width) {
        if (sequence + 0u < uniforms.batch) { carry(t, sequence + 0u, unit, sum_0); }
      }
    }
    storageBarrier();
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-scan-states-before|h0:f32,states:f32>before:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, batch: u32, width: u32, stride: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> h0: array<f32>;
@group(0) @binding(2) var<storage, read> states: array<f32>;
@group(0) @binding(3) var<storage, read_write> before: array<f32>;
fn state_before(t: u32, sequence: u32, unit: u32) -> f32 {
  if (t == 0u) { return h0[sequence * uniforms.width + unit]; }
  return states[((t - 1u) * uniforms.batch + sequence) * uniforms.stride + unit];
}
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  if (at >= uniforms.size) { return; }
  let row = at / uniforms.width;
  before[at] = state_before(row / uniforms.batch, row % uniforms.batch, at % uniforms.width);
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-convolution-filter-gradient|x:f32,dy:f32>parts:f32|NARROW=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, sizes_d: i32, sizes_h: i32, sizes_w: i32, outputs_d: i32, outputs_h: i32, outputs_w: i32, kernel_d: i32, kernel_h: i32, kernel_w: i32, stride_d: i32, stride_h: i32, stride_w: i32, dilation_d: i32, dilation_h: i32, dilation_w: i32, before_d: i32, before_h: i32, before_w: i32, batch: u32, groups: u32, cin: u32, cout: u32, splits: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;
const NARROW = true;
var<workgroup> left_tile: array<vec4f, 520>;
var<workgroup> right_tile: array<vec4f, 40>;
var<private> sums: array<vec4f, 4>;
fn tile_row(local: u32) -> u32 { return local / 4u * 4u; }
fn tile_column(local: u32) -> u32 { return local % 4u * 4u; }
fn put_left(term: u32, quad: u32, values: vec4f) { left_tile[term * 65u + quad] = values; }
fn put_right(term: u32, quad: u32, values: vec4f) { right_tile[term * 5u + quad] = values; }
fn add_products(local: u32) {
  workgroupBarrier();
  let row = local / 4u;
  let column = local % 4u;
  for (var term = 0u; term < 8u; term++) {
    let l = left_tile[term * 65u + row];
    let r = right_tile[term * 5u + column];
    sums[0] += l.x * r;
    sums[1] += l.y * r;
    sums[2] += l.z * r;
    sums[3] += l.w * r;
  }
  workgroupBarrier();
}
fn sizes() -> vec3i { return vec3i(uniforms.sizes_d, uniforms.sizes_h, uniforms.sizes_w); }
fn outputs() -> vec3i { return vec3i(uniforms.outputs_d, uniforms.outputs_h, uniforms.outputs_w); }
fn kernel() -> vec3i { return vec3i(uniforms.kernel_d, uniforms.kernel_h, uniforms.kernel_w); }
fn stride() -> vec3i { return vec3i(uniforms.stride_d, uniforms.stride_h, uniforms.stride_w); }
fn dilation() -> vec3i { return vec3i(uniforms.dilation_d, uniforms.dilation_h, uniforms.dilation_w); }
fn before() -> vec3i { return vec3i(uniforms.before_d, uniforms.before_h, uniforms.before_w); }
fn volume(v: vec3i) -> u32 { return u32(v.x * v.y * v.z); }
fn inside(at: vec3i, size: vec3i) -> bool { return all(at >= vec3i(0)) && all(at < size); }
/** The number of a place on axes of these sizes. */
fn flat_index(image: u32, at: vec3i, size: vec3i) -> u32 {
  return ((image * u32(size.x) + u32(at.x)) * u32(size.y) + u32(at.y)) * u32(size.z) + u32(at.z);
}
struct Place { image: u32, at: vec3i }
fn place_of(index: u32, size: vec3i) -> Place {
  let w = index / u32(size.z);
  let h = w / u32(size.y);
  let d = h / u32(size.x);
  return Place(d, vec3i(i32(h - d * u32(size.x)), i32(w - h * u32(size.y)), i32(index - w * u32(size.z))));
}
fn compute(group: vec3u, local: u32) {
  let group_of = group.z % uniforms.groups;
  let split = group.z / uniforms.groups;
  let channels = uniforms.groups * uniforms.cin;
  let all_out = uniforms.groups * uniforms.cout;
  let rows = volume(kernel()) * uniforms.cin;
  let first_row = group.x * 256u;
  let first_column = group.y * 16u;

  let terms = uniforms.batch * volume(outputs());
  let share = ((terms + uniforms.splits - 1u) / uniforms.splits + 7u) / 8u * 8u;
  let first = split * share;
  let end = min(first + share, terms);

  // the four channels at taps that this invocation fetches; those that are not there read outside
  let quad_of_rows = local % 64u;
  var offsets: array<vec3i, 4>;
  var channel: array<u32, 4>;
  for (var r = 0u; r < 4u; r++) {
    let row = first_row + quad_of_rows * 4u + r;
    let tap = row / uniforms.cin;
    channel[r] = group_of * uniforms.cin + row - tap * uniforms.cin;
    offsets[r] = select(vec3i(-0x40000000), place_of(tap, kernel()).at * dilation() - before(), row < rows);
  }
  for (var begin = first; begin < end; begin += 8u) {
    for (var term = local / 64u; term < 8u; term += 4u) {
      var values = vec4f(0.0);
      if (begin + term < end) {
        let output = place_of(begin + term, outputs());
        let start = output.at * stride();
        for (var r = 0u; r < 4u; r++) {
          let at = start + offsets[r];
          if (inside(at, sizes())) { values[r] = x[flat_index(output.image, at, sizes()) * channels + channel[r]]; }
        }
      }
      put_left(term, quad_of_rows, values);
    }
    for (var i = local; i < 32u; i += 256u) {
      let term = i / 4u;
      let quad = i % 4u;
      var values = vec4f(0.0);
      if (begin + term < end) {
        let start = (begin + term) * all_out + group_of * uniforms.cout;
        for (var c = 0u; c < 4u; c++) {
          let column = first_column + quad * 4u + c;
          if (column < uniforms.cout) { values[c] = dy[start + column]; }
        }
      }
      put_right(term, quad, values);
    }
    add_products(local);
  }

  for (var r = 0u; r < 4u; r++) {
    let row = first_row + tile_row(local) + r;
    if (row >= rows) { break; }
    for (var c = 0u; c < 4u; c++) {
      let column = first_column + tile_column(local) + c;
      if (column >= uniforms.cout) { break; }
      parts[(split * rows + row) * all_out + group_of * uniforms.cout + column] = sums[r][c];
    }
  }
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-lstm-scan-unprojected|states:f32,trace:f32>plain:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, size: u32, units: u32, width: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> states: array<f32>;
@group(0) @binding(2) var<storage, read> trace: array<f32>;
@group(0) @binding(3) var<storage, read_write> plain: array<f32>;
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
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  if (at >= uniforms.size) { return; }
  let row = at / uniforms.units;
  let unit = at % uniforms.units;
  plain[at] = trace[(row * 4u + 3u) * uniforms.units + unit] * precise_tanh(states[row * (uniforms.width + uniforms.units) + uniforms.width + unit]);
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
