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

// hourglass-convolution|source:f32,filter_values:f32,bias:f32>y:f32|TRANSPOSED=true,NARROW=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, sizes_d: i32, sizes_h: i32, sizes_w: i32, outputs_d: i32, outputs_h: i32, outputs_w: i32, kernel_d: i32, kernel_h: i32, kernel_w: i32, stride_d: i32, stride_h: i32, stride_w: i32, dilation_d: i32, dilation_h: i32, dilation_w: i32, before_d: i32, before_h: i32, before_w: i32, batch: u32, groups: u32, cin: u32, cout: u32, phases: u32, splits: u32, biased: u32, relu: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read> filter_values: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
const TRANSPOSED = true;
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

struct Taps {
  /** Targets along each axis; target q lies at q · spread + phase. */
  counts: vec3i, spread: vec3i, phase: vec3i,
  /** Taps first, first + step, …, that many; the j-th reads q · scale + base + j · advance. */
  first: vec3i, step: vec3i, number: vec3i,
  scale: vec3i, base: vec3i, advance: vec3i,
}
fn divisor(a: i32, b: i32) -> i32 {
  var x = a;
  var y = b;
  while (y != 0) {
    let rest = x % y;
    x = y;
    y = rest;
  }
  return x;
}
/** The first tap that meets a target at this remainder; taps if none does. */
fn first_tap(rest: i32, stride: i32, dilation: i32, taps: i32) -> i32 {
  var found = taps;
  for (var t = min(taps, stride) - 1; t >= 0; t--) {
    if (t * dilation % stride == rest) { found = t; }
  }
  return found;
}
fn taps_of(phase: vec3i) -> Taps {
  let s = stride();
  let d = dilation();
  let k = kernel();
  let origin = phase + before();
  let rest = origin % s;
  let shared_part = vec3i(divisor(s.x, d.x), divisor(s.y, d.y), divisor(s.z, d.z));
  let step = s / shared_part;
  let first = vec3i(
    first_tap(rest.x, s.x, d.x, k.x), first_tap(rest.y, s.y, d.y, k.y), first_tap(rest.z, s.z, d.z, k.z),
  );
  let number = (k - first + step - 1) / step;
  let counts = (sizes() - phase + s - 1) / s;
  return Taps(counts, s, phase, first, step, number, vec3i(1), (origin - first * d) / s, -step * d / s);
}
/** A term of the sum: a channel at a tap. */
struct Term { tap: vec3i, channel: u32 }
fn term_of(k: u32, number: vec3i) -> Term {
  let tap = k / uniforms.cout;
  return Term(place_of(tap, number).at, k - tap * uniforms.cout);
}
fn later(term: Term, by: u32, number: vec3i) -> Term {
  var next = term;
  next.channel += by;
  while (next.channel >= uniforms.cout) {
    next.channel -= uniforms.cout;
    next.tap.z++;
    if (next.tap.z == number.z) {
      next.tap.z = 0;
      next.tap.y++;
      if (next.tap.y == number.y) {
        next.tap.y = 0;
        next.tap.x++;
      }
    }
  }
  return next;
}
fn compute(group: vec3u, local: u32) {
  let phase = group.z % uniforms.phases;
  let group_of = group.z / uniforms.phases % uniforms.groups;
  let split = group.z / uniforms.phases / uniforms.groups;
  let taps = taps_of(place_of(phase, stride()).at);
  let targets = uniforms.batch * volume(taps.counts);
  let first_row = group.x * 256u;
  if (first_row >= targets) { return; }
  let all_from = uniforms.groups * uniforms.cout;
  let all_to = uniforms.groups * uniforms.cin;
  let first_column = group.y * 16u;

  // where the four targets read whose numbers this invocation fetches; those that are not there read outside
  let quad_of_rows = local / 4u;
  let lane = local % 4u;
  var starts: array<vec3i, 4>;
  var images: array<u32, 4>;
  for (var r = 0u; r < 4u; r++) {
    let row = first_row + quad_of_rows * 4u + r;
    let target_place = place_of(row, taps.counts);
    images[r] = target_place.image;
    starts[r] = select(vec3i(-0x40000000), target_place.at * taps.scale + taps.base, row < targets);
  }

  let terms = volume(taps.number) * uniforms.cout;
  let share = ((terms + uniforms.splits - 1u) / uniforms.splits + 7u) / 8u * 8u;
  let end = min((split + 1u) * share, terms);
  var fetched = Term(vec3i(0), 0u);
  if (terms > 0u) { fetched = term_of(split * share + lane, taps.number); }
  for (var begin = split * share; begin < end; begin += 8u) {
    for (var i = lane; i < 8u; i += 4u) {
      var values = vec4f(0.0);
      if (begin + i < end) {
        for (var r = 0u; r < 4u; r++) {
          let at = starts[r] + fetched.tap * taps.advance;
          if (inside(at, outputs())) {
            values[r] = source[flat_index(images[r], at, outputs()) * all_from + group_of * uniforms.cout + fetched.channel];
          }
        }
      }
      put_left(i, quad_of_rows, values);
      fetched = later(fetched, 4u, taps.number);
    }
    for (var i = local; i < 32u; i += 256u) {
      let term = i % 8u; let quad = i / 8u;
      var values = vec4f(0.0);
      if (begin + term < end) {
        let found = term_of(begin + term, taps.number);
        let t = taps.first + found.tap * taps.step;
        let row = flat_index(0u, t, kernel()) * uniforms.cin;
        for (var c = 0u; c < 4u; c++) {
          let column = first_column + quad * 4u + c;
          if (column < uniforms.cin) { values[c] = filter_values[(row + column) * all_from + group_of * uniforms.cout + found.channel]; }
        }
      }
      put_right(term, quad, values);
    }
    add_products(local);
  }

  let block = split * uniforms.batch * volume(sizes()) * all_to;
  for (var r = 0u; r < 4u; r++) {
    let row = first_row + tile_row(local) + r;
    if (row >= targets) { break; }
    let found = place_of(row, taps.counts);
    let pixel = block + flat_index(found.image, found.at * taps.spread + taps.phase, sizes()) * all_to;
    for (var c = 0u; c < 4u; c++) {
      let column = first_column + tile_column(local) + c;
      if (column >= uniforms.cin) { break; }
      let channel = group_of * uniforms.cin + column;
      var value = sums[r][c];
      if (split == 0u && uniforms.biased != 0u) { value += bias[channel]; }
      if (uniforms.relu != 0u) { value = select(value, 0.0, value <= 0.0); }
      y[pixel + channel] = value;
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
