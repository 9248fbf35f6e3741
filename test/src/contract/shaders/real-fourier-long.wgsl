// hourglass-fourier|x:f32,roots:f32,radices:i32>y:f32|REAL=true,INVERSE=false,PACKED=true
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, n: u32, length: u32, rows: u32, sign: f32, factor: f32, twice: f32, rows_at_once: u32, passes: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> roots: array<f32>;
@group(0) @binding(3) var<storage, read> radices: array<i32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
const REAL = true;
const INVERSE = false;
const PACKED = true;
fn times(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }
fn conjugate(a: vec2f) -> vec2f { return vec2f(a.x, -a.y); }
/** exp(sign 2πi index / n) for index < n. */
fn root(index: u32) -> vec2f { return vec2f(roots[2u * index], uniforms.sign * roots[2u * index + 1u]); }
fn fetch(row: u32, j: u32) -> vec2f {
  let at = row * uniforms.n + 2u * j; return vec2f(x[at], x[at + 1u]);
}
var<workgroup> numbers: array<vec2f, 2048>;
var<private> front: u32;
var<private> first_row: u32;
fn number_at(row: u32, k: u32) -> vec2f { return numbers[front + row * uniforms.length + k]; }
fn result_at(row: u32, k: u32) -> vec2f { return number_at(row - first_row, k); }

fn pass_term(row: u32, o: u32, done: u32, radix: u32) -> vec2f {
  let longer = done * radix;
  let fewer = uniforms.length / longer;
  let sequence = o / longer;
  let k = o - sequence * longer;
  let stride = uniforms.n / longer;
  let place = sequence * done + k % done;
  var sum = vec2f(0.0);
  var turn = 0u;
  for (var r = 0u; r < radix; r++) {
    sum += times(number_at(row, place + r * fewer * done), root(turn * stride));
    turn += k;
    turn -= select(0u, longer, turn >= longer);
  }
  return sum;
}
fn put(row: u32, k: u32) {
  let a = result_at(row, k % uniforms.length);
  let b = conjugate(result_at(row, (uniforms.length - k) % uniforms.length));
  let turned = times(a - b, root(k));
  let found = 0.5 * (a + b + vec2f(turned.y, -turned.x));
  let value = uniforms.factor * select(uniforms.twice, 1.0, k == 0u || 2u * k == uniforms.n) * found;
  let to = 2u * (row * (uniforms.n / 2u + 1u) + k);
  y[to] = value.x;
  y[to + 1u] = value.y;
}
fn compute(group: vec3u, local: u32) {
  first_row = group.x * uniforms.rows_at_once;
  let rows = min(uniforms.rows_at_once, uniforms.rows - first_row);
  let count = rows * uniforms.length;
  for (var i = local; i < count; i += 256u) {
    let row = i / uniforms.length;
    numbers[i] = fetch(first_row + row, i - row * uniforms.length);
  }
  var done = 1u;
  for (var number = 0u; number < uniforms.passes; number++) {
    let radix = u32(radices[number]);
    workgroupBarrier();
    for (var i = local; i < count; i += 256u) {
      let row = i / uniforms.length;
      numbers[1024u - front + i] = pass_term(row, i - row * uniforms.length, done, radix);
    }
    done *= radix;
    front = 1024u - front;
  }
  workgroupBarrier();
  let kept = (uniforms.n / 2u + 1u);
  for (var i = local; i < rows * kept; i += 256u) {
    let row = i / kept;
    put(first_row + row, i - row * kept);
  }
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-fourier-before|x:f32,roots:f32>y:f32|REAL=true,INVERSE=false,PACKED=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, n: u32, length: u32, rows: u32, sign: f32, factor: f32, twice: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> roots: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
const REAL = true;
const INVERSE = false;
const PACKED = false;
fn times(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }
fn conjugate(a: vec2f) -> vec2f { return vec2f(a.x, -a.y); }
/** exp(sign 2πi index / n) for index < n. */
fn root(index: u32) -> vec2f { return vec2f(roots[2u * index], uniforms.sign * roots[2u * index + 1u]); }
fn fetch(row: u32, j: u32) -> vec2f {
  return vec2f(x[row * uniforms.n + j], 0.0);
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.rows * uniforms.length) { return; }
  let row = i / uniforms.length;
  let value = fetch(row, i - row * uniforms.length);
  y[2u * i] = value.x;
  y[2u * i + 1u] = value.y;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-fourier-pass|x:f32,roots:f32>y:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, n: u32, length: u32, rows: u32, sign: f32, factor: f32, twice: f32, done: u32, radix: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> roots: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
fn times(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }
fn conjugate(a: vec2f) -> vec2f { return vec2f(a.x, -a.y); }
/** exp(sign 2πi index / n) for index < n. */
fn root(index: u32) -> vec2f { return vec2f(roots[2u * index], uniforms.sign * roots[2u * index + 1u]); }
fn number_at(row: u32, k: u32) -> vec2f {
  let at = 2u * (row * uniforms.length + k);
  return vec2f(x[at], x[at + 1u]);
}

fn pass_term(row: u32, o: u32, done: u32, radix: u32) -> vec2f {
  let longer = done * radix;
  let fewer = uniforms.length / longer;
  let sequence = o / longer;
  let k = o - sequence * longer;
  let stride = uniforms.n / longer;
  let place = sequence * done + k % done;
  var sum = vec2f(0.0);
  var turn = 0u;
  for (var r = 0u; r < radix; r++) {
    sum += times(number_at(row, place + r * fewer * done), root(turn * stride));
    turn += k;
    turn -= select(0u, longer, turn >= longer);
  }
  return sum;
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  if (i >= uniforms.rows * uniforms.length) { return; }
  let row = i / uniforms.length;
  let value = pass_term(row, i - row * uniforms.length, uniforms.done, uniforms.radix);
  y[2u * i] = value.x;
  y[2u * i + 1u] = value.y;
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-fourier-after|x:f32,roots:f32>y:f32|REAL=true,INVERSE=false,PACKED=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, n: u32, length: u32, rows: u32, sign: f32, factor: f32, twice: f32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> roots: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
const REAL = true;
const INVERSE = false;
const PACKED = false;
fn times(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }
fn conjugate(a: vec2f) -> vec2f { return vec2f(a.x, -a.y); }
/** exp(sign 2πi index / n) for index < n. */
fn root(index: u32) -> vec2f { return vec2f(roots[2u * index], uniforms.sign * roots[2u * index + 1u]); }
fn number_at(row: u32, k: u32) -> vec2f {
  let at = 2u * (row * uniforms.length + k);
  return vec2f(x[at], x[at + 1u]);
}
fn put(row: u32, k: u32) {
  let found = number_at(row, k);
  let value = uniforms.factor * select(uniforms.twice, 1.0, k == 0u || 2u * k == uniforms.n) * found;
  let to = 2u * (row * (uniforms.n / 2u + 1u) + k);
  y[to] = value.x;
  y[to + 1u] = value.y;
}
fn compute(group: vec3u, local: u32) {
  let i = group.x * 256u + local;
  let kept = (uniforms.n / 2u + 1u);
  if (i >= uniforms.rows * kept) { return; }
  let row = i / kept;
  put(row, i - row * kept);
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
