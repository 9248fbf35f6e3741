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

// hourglass-gru-scan-gradient|dy:f32,states:f32,trace:f32,h0:f32,back:f32>dgates:f32,recurrent:f32,dh0:f32|ROWS=1,THREADS=64
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, first: u32, end: u32, length: u32, batch: u32, units: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> states: array<f32>;
@group(0) @binding(3) var<storage, read> trace: array<f32>;
@group(0) @binding(4) var<storage, read> h0: array<f32>;
@group(0) @binding(5) var<storage, read> back: array<f32>;
@group(0) @binding(6) var<storage, read_write> dgates: array<f32>;
@group(0) @binding(7) var<storage, read_write> recurrent: array<f32>;
@group(0) @binding(8) var<storage, read_write> dh0: array<f32>;
const ROWS = 1u;
const THREADS = 64u;
alias Rows = f32;
var<workgroup> held: array<Rows, 2048>;

fn state_before(t: u32, sequence: u32, unit: u32) -> f32 {
  if (t == 0u) { return h0[sequence * uniforms.units + unit]; }
  return states[((t - 1u) * uniforms.batch + sequence) * uniforms.units + unit];
}

fn arriving(t: u32, sequence: u32, unit: u32) -> f32 {
  let up = dy[(t * uniforms.batch + sequence) * uniforms.units + unit];
  if (t + 1u == uniforms.length) { return up; }
  return up + dh0[sequence * uniforms.units + unit];
}
fn unit_of(t: u32, sequence: u32, unit: u32) {
  let units = uniforms.units;
  let row = t * uniforms.batch + sequence;
  let kept = row * 4u * units + unit;
  let r = trace[kept];
  let z = trace[kept + units];
  let n = trace[kept + 2u * units];
  let dh = arriving(t, sequence, unit);
  let to_n = dh * ((1.0 - z) * (1.0 - n * n));
  let to_z = dh * ((state_before(t, sequence, unit) - n) * (z * (1.0 - z)));
  let to_r = to_n * trace[kept + 3u * units] * (r * (1.0 - r));
  let at = row * 3u * units + unit;
  dgates[at] = to_r;
  dgates[at + units] = to_z;
  dgates[at + 2u * units] = to_n;
  recurrent[at] = to_r;
  recurrent[at + units] = to_z;
  recurrent[at + 2u * units] = to_n * r;
}
fn recurrent_of(t: u32, sequence: u32, gate: u32) -> f32 {
  return recurrent[(t * uniforms.batch + sequence) * 3u * uniforms.units + gate];
}
fn carry(t: u32, sequence: u32, unit: u32, sum: f32) {
  let z = trace[((t * uniforms.batch + sequence) * 4u + 1u) * uniforms.units + unit];
  dh0[sequence * uniforms.units + unit] = arriving(t, sequence, unit) * z + sum;
}
fn compute(group: vec3u, local: u32) {
  let sequence = group.x * ROWS;
  for (var i = uniforms.first; i < uniforms.end; i++) {
    let t = uniforms.length - 1u - i;

    for (var unit = local; unit < uniforms.units; unit += 64u) {
        if (sequence + 0u < uniforms.batch) { unit_of(t, sequence + 0u, unit); }
    }
    storageBarrier();
    for (var block = 0u; block < uniforms.units; block += 64u) {
      let unit = block + local;
      var sum_0 = Rows();
      for (var start = 0u; start < 3u * uniforms.units; start += 2048u) {
        let filled = min(2048u, 3u * uniforms.units - start);
        workgroupBarrier();
        for (var k = local; k < filled; k += 64u) {
          held[k] = Rows(recurrent_of(t, min(sequence + 0u, uniforms.batch - 1u), start + k));
        }
        workgroupBarrier();
        if (unit < uniforms.units) {
          var k = 0u;
          // four rows of the matrix are under way at a time
          for (; k + 4u <= filled; k += 4u) {
            { let x = held[k + 0u]; let at = (start + k + 0u) * uniforms.units + unit; sum_0 += x * back[at + 0u]; }
            { let x = held[k + 1u]; let at = (start + k + 1u) * uniforms.units + unit; sum_0 += x * back[at + 0u]; }
            { let x = held[k + 2u]; let at = (start + k + 2u) * uniforms.units + unit; sum_0 += x * back[at + 0u]; }
            { let x = held[k + 3u]; let at = (start + k + 3u) * uniforms.units + unit; sum_0 += x * back[at + 0u]; }
          }
          for (; k < filled; k++) { { let x = held[k]; let at = (start + k) * uniforms.units + unit; sum_0 += x * back[at + 0u]; } }
        }
      }
      if (unit < uniforms.units) {
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

// hourglass-column-blocks|x:f32>parts:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, width: u32, rows: u32, slots: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  if (at >= uniforms.width * uniforms.slots) { return; }
  let column = at % uniforms.width;
  var total = 0.0;
  for (var row = at / uniforms.width; row < uniforms.rows; row += uniforms.slots) {
    total += x[row * uniforms.width + column];
  }
  parts[at] = total;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-add-blocks|parts:f32>y:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, count: u32, blocks: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
fn compute(group: vec3u, local: u32) {
  let at = group.x * 64u + local;
  if (at >= uniforms.count) { return; }
  var total = 0.0;
  for (var block = 0u; block < uniforms.blocks; block++) { total += parts[block * uniforms.count + at]; }
  y[at] = total;
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
