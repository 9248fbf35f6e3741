// hourglass-attention-statistics|y:f32,dy:f32,log_sum_exp:f32>of_queries:f32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, heads: u32, groups: u32, length: u32, keys: u32, features: u32, outputs: u32, causal: u32, scale: f32, kept_scale: f32, q_batch: u32, q_head: u32, q_row: u32, k_batch: u32, k_head: u32, k_row: u32, v_batch: u32, v_head: u32, v_row: u32, dy_batch: u32, dy_head: u32, dy_row: u32, mask_heads_1: u32, mask_heads_2: u32, mask_heads_3: u32, mask_0: u32, mask_1: u32, mask_2: u32, mask_3: u32, mask_row: u32, mask_key: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> log_sum_exp: array<f32>;
@group(0) @binding(4) var<storage, read_write> of_queries: array<f32>;
var<workgroup> parts: array<f32, 64>;
fn compute(group: vec3u, local: u32) {
  let batch = group.y / uniforms.heads;
  let head = group.y % uniforms.heads;
  let dy_start = batch * uniforms.dy_batch + head * uniforms.dy_head;
  let query = group.x * 8u + local / 8u;
  let at = dy_start + query * uniforms.dy_row;
  var part = 0.0;
  if (query < uniforms.length) {
    for (var i = local % 8u; i < uniforms.outputs; i += 8u) { part += y[at + i] * dy[at + i]; }
  }
  parts[local] = part;
  workgroupBarrier();
  if (local % 8u == 0u && query < uniforms.length) {
    for (var i = 1u; i < 8u; i++) { part += parts[local + i]; }
    let row = group.y * uniforms.length + query;
    of_queries[2u * row] = log_sum_exp[row];
    of_queries[2u * row + 1u] = part;
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-attention-query-gradient|q:f32,k:f32,v:f32,dy:f32,of_queries:f32>dq:f32|CHUNKS=1,MASK=0,KEPT=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, heads: u32, groups: u32, length: u32, keys: u32, features: u32, outputs: u32, causal: u32, scale: f32, kept_scale: f32, q_batch: u32, q_head: u32, q_row: u32, k_batch: u32, k_head: u32, k_row: u32, v_batch: u32, v_head: u32, v_row: u32, dy_batch: u32, dy_head: u32, dy_row: u32, mask_heads_1: u32, mask_heads_2: u32, mask_heads_3: u32, mask_0: u32, mask_1: u32, mask_2: u32, mask_3: u32, mask_row: u32, mask_key: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read> of_queries: array<f32>;
@group(0) @binding(6) var<storage, read_write> dq: array<f32>;
const CHUNKS = 1u;
const MASK = 0u;
const KEPT = false;
fn infinity() -> f32 { return bitcast<f32>(uniforms.infinity_bits); }
var<workgroup> left: array<vec4f, 264>;
var<workgroup> right: array<vec4f, 264>;
var<workgroup> biases: array<vec4f, 264>;

var<private> mask_start: u32;
var<private> kept_start: u32;
fn enter_head(batch_head: u32) {
  let i = batch_head / uniforms.mask_heads_1;
  let j = i / uniforms.mask_heads_2;
  mask_start = batch_head % uniforms.mask_heads_1 * uniforms.mask_0 + i % uniforms.mask_heads_2 * uniforms.mask_1
    + j % uniforms.mask_heads_3 * uniforms.mask_2 + j / uniforms.mask_heads_3 * uniforms.mask_3;
  kept_start = batch_head * uniforms.length * uniforms.keys;
}
fn read_biases(first_query: u32, first_key: u32, local: u32) {
  for (var i = local; i < 256u; i += 64u) {
    var values = vec4f();
    
    for (var r = 0u; r < 4u; r++) {
      let query = first_query + i / 32u * 4u + r;
      let key = first_key + i % 32u;
      var bias = -infinity();
      if (query < uniforms.length && key < uniforms.keys && (uniforms.causal == 0u || key <= query)) {
        bias = 0.0;
        
      }
      values[r] = bias;
    }
    biases[i / 32u * 33u + i % 32u] = values;
    
  }
}
fn unseen(score: vec4f) -> vec4<bool> { return bitcast<vec4u>(score) == vec4u(0xff800000u); }
fn biased(score: vec4f, bias: vec4f) -> vec4f { return select(score * uniforms.scale + bias, bias, unseen(bias)); }
fn weight(score: vec4f, base: vec4f) -> vec4f { return select(exp(score - base), vec4f(), unseen(score)); }

fn compute(group: vec3u, local: u32) {
  let row_block = local / 8u;
  let column_block = local % 8u;
  let first_query = group.x * 32u;
  let row = first_query + row_block * 4u;
  let first_column = group.z * 32u;
  let batch = group.y / uniforms.heads;
  let head = group.y % uniforms.heads;
  let key_head = head / (uniforms.heads / uniforms.groups);
  let batch_head = group.y;
  enter_head(batch_head);
  let q_start = batch * uniforms.q_batch + head * uniforms.q_head;
let k_start = batch * uniforms.k_batch + key_head * uniforms.k_head;
let v_start = batch * uniforms.v_batch + key_head * uniforms.v_head;
let dy_start = batch * uniforms.dy_batch + head * uniforms.dy_head;
  var base = vec4f();
  var inner = vec4f();
  if (row + 0u < uniforms.length) {
    let at = 2u * (batch_head * uniforms.length + row + 0u);
    base[0] = of_queries[at];
    inner[0] = of_queries[at + 1u];
  }
if (row + 1u < uniforms.length) {
    let at = 2u * (batch_head * uniforms.length + row + 1u);
    base[1] = of_queries[at];
    inner[1] = of_queries[at + 1u];
  }
if (row + 2u < uniforms.length) {
    let at = 2u * (batch_head * uniforms.length + row + 2u);
    base[2] = of_queries[at];
    inner[2] = of_queries[at + 1u];
  }
if (row + 3u < uniforms.length) {
    let at = 2u * (batch_head * uniforms.length + row + 3u);
    base[3] = of_queries[at];
    inner[3] = of_queries[at + 1u];
  }
  var sum_0 = vec4f();
var sum_1 = vec4f();
var sum_2 = vec4f();
var sum_3 = vec4f();
  let end = select(uniforms.keys, min(uniforms.keys, first_query + 32u), uniforms.causal != 0u);
  for (var first_key = 0u; first_key < end; first_key += 32u) {
    let whole = first_query + 32u <= uniforms.length && first_key + 32u <= uniforms.keys
      && (uniforms.causal == 0u || first_key + 31u <= first_query);
    if (!whole) { read_biases(first_query, first_key, local); }
    var score_0 = vec4f();
var score_1 = vec4f();
var score_2 = vec4f();
var score_3 = vec4f();
    for (var column = 0u; column < uniforms.features; column += 32u) {
      workgroupBarrier();
      for (var i = local; i < 256u; i += 64u) {
      let position = first_query + i / 32u * 4u;
      let number = column + i % 32u;
      var values = vec4f();
      if (position + 0u < uniforms.length && number < uniforms.features) {
        values.x = q[q_start + (position + 0u) * uniforms.q_row + number];
      }
if (position + 1u < uniforms.length && number < uniforms.features) {
        values.y = q[q_start + (position + 1u) * uniforms.q_row + number];
      }
if (position + 2u < uniforms.length && number < uniforms.features) {
        values.z = q[q_start + (position + 2u) * uniforms.q_row + number];
      }
if (position + 3u < uniforms.length && number < uniforms.features) {
        values.w = q[q_start + (position + 3u) * uniforms.q_row + number];
      }
      left[i / 32u * 33u + i % 32u] = values;
    }
      for (var i = local; i < 256u; i += 64u) {
      let position = first_key + i / 32u * 4u;
      let number = column + i % 32u;
      var values = vec4f();
      if (position + 0u < uniforms.keys && number < uniforms.features) {
        values.x = k[k_start + (position + 0u) * uniforms.k_row + number];
      }
if (position + 1u < uniforms.keys && number < uniforms.features) {
        values.y = k[k_start + (position + 1u) * uniforms.k_row + number];
      }
if (position + 2u < uniforms.keys && number < uniforms.features) {
        values.z = k[k_start + (position + 2u) * uniforms.k_row + number];
      }
if (position + 3u < uniforms.keys && number < uniforms.features) {
        values.w = k[k_start + (position + 3u) * uniforms.k_row + number];
      }
      right[i / 32u * 33u + i % 32u] = values;
    }
      workgroupBarrier();
      let width = min(32u, uniforms.features - column);
      for (var i = 0u; i < width; i++) {
        let a = left[row_block * 33u + i];
        let b = right[column_block * 33u + i];
        score_0 += a * b.x;
score_1 += a * b.y;
score_2 += a * b.z;
score_3 += a * b.w;
      }
    }
    if (whole) {
      score_0 *= uniforms.scale;
score_1 *= uniforms.scale;
score_2 *= uniforms.scale;
score_3 *= uniforms.scale;
    } else {
      let at = row_block * 33u + column_block * 4u;
      score_0 = biased(score_0, biases[at + 0u]);
score_1 = biased(score_1, biases[at + 1u]);
score_2 = biased(score_2, biases[at + 2u]);
score_3 = biased(score_3, biases[at + 3u]);
    }
    var slope_0 = vec4f();
var slope_1 = vec4f();
var slope_2 = vec4f();
var slope_3 = vec4f();
    for (var column = 0u; column < uniforms.outputs; column += 32u) {
      workgroupBarrier();
      for (var i = local; i < 256u; i += 64u) {
      let position = first_query + i / 32u * 4u;
      let number = column + i % 32u;
      var values = vec4f();
      if (position + 0u < uniforms.length && number < uniforms.outputs) {
        values.x = dy[dy_start + (position + 0u) * uniforms.dy_row + number];
      }
if (position + 1u < uniforms.length && number < uniforms.outputs) {
        values.y = dy[dy_start + (position + 1u) * uniforms.dy_row + number];
      }
if (position + 2u < uniforms.length && number < uniforms.outputs) {
        values.z = dy[dy_start + (position + 2u) * uniforms.dy_row + number];
      }
if (position + 3u < uniforms.length && number < uniforms.outputs) {
        values.w = dy[dy_start + (position + 3u) * uniforms.dy_row + number];
      }
      left[i / 32u * 33u + i % 32u] = values;
    }
      for (var i = local; i < 256u; i += 64u) {
      let position = first_key + i / 32u * 4u;
      let number = column + i % 32u;
      var values = vec4f();
      if (position + 0u < uniforms.keys && number < uniforms.outputs) {
        values.x = v[v_start + (position + 0u) * uniforms.v_row + number];
      }
if (position + 1u < uniforms.keys && number < uniforms.outputs) {
        values.y = v[v_start + (position + 1u) * uniforms.v_row + number];
      }
if (position + 2u < uniforms.keys && number < uniforms.outputs) {
        values.z = v[v_start + (position + 2u) * uniforms.v_row + number];
      }
if (position + 3u < uniforms.keys && number < uniforms.outputs) {
        values.w = v[v_start + (position + 3u) * uniforms.v_row + number];
      }
      right[i / 32u * 33u + i % 32u] = values;
    }
      workgroupBarrier();
      let width = min(32u, uniforms.outputs - column);
      for (var i = 0u; i < width; i++) {
        let a = left[row_block * 33u + i];
        let b = right[column_block * 33u + i];
        slope_0 += a * b.x;
slope_1 += a * b.y;
slope_2 += a * b.z;
slope_3 += a * b.w;
      }
    }
    slope_0 = weight(score_0, base) * (slope_0 - inner);
slope_1 = weight(score_1, base) * (slope_1 - inner);
slope_2 = weight(score_2, base) * (slope_2 - inner);
slope_3 = weight(score_3, base) * (slope_3 - inner);
    workgroupBarrier();
    left[row_block * 33u + column_block * 4u + 0u] = slope_0;
left[row_block * 33u + column_block * 4u + 1u] = slope_1;
left[row_block * 33u + column_block * 4u + 2u] = slope_2;
left[row_block * 33u + column_block * 4u + 3u] = slope_3;
    let count = min(32u, uniforms.keys - first_key);
    
    for (var i = local; i < 256u; i += 64u) {
      let position = first_key + i / 8u;
      let number = first_column + 0u + i % 8u * 4u;
      var values = vec4f();
      if (position < uniforms.keys && number + 0u < uniforms.features) {
        values.x = k[k_start + (position) * uniforms.k_row + number + 0u];
      }
if (position < uniforms.keys && number + 1u < uniforms.features) {
        values.y = k[k_start + (position) * uniforms.k_row + number + 1u];
      }
if (position < uniforms.keys && number + 2u < uniforms.features) {
        values.z = k[k_start + (position) * uniforms.k_row + number + 2u];
      }
if (position < uniforms.keys && number + 3u < uniforms.features) {
        values.w = k[k_start + (position) * uniforms.k_row + number + 3u];
      }
      right[i] = values;
    }
    workgroupBarrier();
    for (var i = 0u; i < count; i++) {
      let a = left[row_block * 33u + i];
      let b = right[i * 8u + column_block];
      sum_0 += a * b.x;
sum_1 += a * b.y;
sum_2 += a * b.z;
sum_3 += a * b.w;
    }
  }
  let factor = vec4f(uniforms.scale);
  workgroupBarrier();
  left[row_block * 33u + column_block * 4u + 0u] = sum_0 * factor;
left[row_block * 33u + column_block * 4u + 1u] = sum_1 * factor;
left[row_block * 33u + column_block * 4u + 2u] = sum_2 * factor;
left[row_block * 33u + column_block * 4u + 3u] = sum_3 * factor;
  workgroupBarrier();
  for (var i = local; i < 1024u; i += 64u) {
    let position = first_query + i / 32u;
    let number = first_column + 0u + i % 32u;
    if (position < uniforms.length && number < uniforms.features) {
      dq[q_start + position * uniforms.q_row + number] = left[i / 128u * 33u + i % 32u][i / 32u % 4u];
    }
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-attention-key-gradient|q:f32,k:f32,v:f32,dy:f32,of_queries:f32>dk:f32|CHUNKS=1,MASK=0,KEPT=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, heads: u32, groups: u32, length: u32, keys: u32, features: u32, outputs: u32, causal: u32, scale: f32, kept_scale: f32, q_batch: u32, q_head: u32, q_row: u32, k_batch: u32, k_head: u32, k_row: u32, v_batch: u32, v_head: u32, v_row: u32, dy_batch: u32, dy_head: u32, dy_row: u32, mask_heads_1: u32, mask_heads_2: u32, mask_heads_3: u32, mask_0: u32, mask_1: u32, mask_2: u32, mask_3: u32, mask_row: u32, mask_key: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read> of_queries: array<f32>;
@group(0) @binding(6) var<storage, read_write> dk: array<f32>;
const CHUNKS = 1u;
const MASK = 0u;
const KEPT = false;
fn infinity() -> f32 { return bitcast<f32>(uniforms.infinity_bits); }
var<workgroup> left: array<vec4f, 264>;
var<workgroup> right: array<vec4f, 264>;
var<workgroup> biases: array<vec4f, 264>;

var<private> mask_start: u32;
var<private> kept_start: u32;
fn enter_head(batch_head: u32) {
  let i = batch_head / uniforms.mask_heads_1;
  let j = i / uniforms.mask_heads_2;
  mask_start = batch_head % uniforms.mask_heads_1 * uniforms.mask_0 + i % uniforms.mask_heads_2 * uniforms.mask_1
    + j % uniforms.mask_heads_3 * uniforms.mask_2 + j / uniforms.mask_heads_3 * uniforms.mask_3;
  kept_start = batch_head * uniforms.length * uniforms.keys;
}
fn read_biases(first_query: u32, first_key: u32, local: u32) {
  for (var i = local; i < 256u; i += 64u) {
    var values = vec4f();
    
    for (var r = 0u; r < 4u; r++) {
      let key = first_key + i / 32u * 4u + r;
      let query = first_query + i % 32u;
      var bias = -infinity();
      if (query < uniforms.length && key < uniforms.keys && (uniforms.causal == 0u || key <= query)) {
        bias = 0.0;
        
      }
      values[r] = bias;
    }
    biases[i / 32u * 33u + i % 32u] = values;
    
  }
}
fn unseen(score: vec4f) -> vec4<bool> { return bitcast<vec4u>(score) == vec4u(0xff800000u); }
fn biased(score: vec4f, bias: vec4f) -> vec4f { return select(score * uniforms.scale + bias, bias, unseen(bias)); }
fn weight(score: vec4f, base: vec4f) -> vec4f { return select(exp(score - base), vec4f(), unseen(score)); }

fn compute(group: vec3u, local: u32) {
  let row_block = local / 8u;
  let column_block = local % 8u;
  let first_key = group.x * 32u;
  let row = first_key + row_block * 4u;
  let first_column = group.z * 32u;
  let batch = group.y / uniforms.groups;
  let key_head = group.y % uniforms.groups;
  let k_start = batch * uniforms.k_batch + key_head * uniforms.k_head;
let v_start = batch * uniforms.v_batch + key_head * uniforms.v_head;
  var sum_0 = vec4f();
var sum_1 = vec4f();
var sum_2 = vec4f();
var sum_3 = vec4f();
  let sharing = uniforms.heads / uniforms.groups;
  for (var head = key_head * sharing; head < (key_head + 1u) * sharing; head++) {
    let batch_head = batch * uniforms.heads + head;
    enter_head(batch_head);
    let q_start = batch * uniforms.q_batch + head * uniforms.q_head;
let dy_start = batch * uniforms.dy_batch + head * uniforms.dy_head;
    for (var first_query = select(0u, first_key, uniforms.causal != 0u); first_query < uniforms.length; first_query += 32u) {
      
      let whole = first_query + 32u <= uniforms.length && first_key + 32u <= uniforms.keys
      && (uniforms.causal == 0u || first_key + 31u <= first_query);
    if (!whole) { read_biases(first_query, first_key, local); }
    var score_0 = vec4f();
var score_1 = vec4f();
var score_2 = vec4f();
var score_3 = vec4f();
    for (var column = 0u; column < uniforms.features; column += 32u) {
      workgroupBarrier();
      for (var i = local; i < 256u; i += 64u) {
      let position = first_key + i / 32u * 4u;
      let number = column + i % 32u;
      var values = vec4f();
      if (position + 0u < uniforms.keys && number < uniforms.features) {
        values.x = k[k_start + (position + 0u) * uniforms.k_row + number];
      }
if (position + 1u < uniforms.keys && number < uniforms.features) {
        values.y = k[k_start + (position + 1u) * uniforms.k_row + number];
      }
if (position + 2u < uniforms.keys && number < uniforms.features) {
        values.z = k[k_start + (position + 2u) * uniforms.k_row + number];
      }
if (position + 3u < uniforms.keys && number < uniforms.features) {
        values.w = k[k_start + (position + 3u) * uniforms.k_row + number];
      }
      left[i / 32u * 33u + i % 32u] = values;
    }
      for (var i = local; i < 256u; i += 64u) {
      let position = first_query + i / 32u * 4u;
      let number = column + i % 32u;
      var values = vec4f();
      if (position + 0u < uniforms.length && number < uniforms.features) {
        values.x = q[q_start + (position + 0u) * uniforms.q_row + number];
      }
if (position + 1u < uniforms.length && number < uniforms.features) {
        values.y = q[q_start + (position + 1u) * uniforms.q_row + number];
      }
if (position + 2u < uniforms.length && number < uniforms.features) {
        values.z = q[q_start + (position + 2u) * uniforms.q_row + number];
      }
if (position + 3u < uniforms.length && number < uniforms.features) {
        values.w = q[q_start + (position + 3u) * uniforms.q_row + number];
      }
      right[i / 32u * 33u + i % 32u] = values;
    }
      workgroupBarrier();
      let width = min(32u, uniforms.features - column);
      for (var i = 0u; i < width; i++) {
        let a = left[row_block * 33u + i];
        let b = right[column_block * 33u + i];
        score_0 += a * b.x;
score_1 += a * b.y;
score_2 += a * b.z;
score_3 += a * b.w;
      }
    }
    if (whole) {
      score_0 *= uniforms.scale;
score_1 *= uniforms.scale;
score_2 *= uniforms.scale;
score_3 *= uniforms.scale;
    } else {
      let at = row_block * 33u + column_block * 4u;
      score_0 = biased(score_0, biases[at + 0u]);
score_1 = biased(score_1, biases[at + 1u]);
score_2 = biased(score_2, biases[at + 2u]);
score_3 = biased(score_3, biases[at + 3u]);
    }
      var slope_0 = vec4f();
var slope_1 = vec4f();
var slope_2 = vec4f();
var slope_3 = vec4f();
    for (var column = 0u; column < uniforms.outputs; column += 32u) {
      workgroupBarrier();
      for (var i = local; i < 256u; i += 64u) {
      let position = first_key + i / 32u * 4u;
      let number = column + i % 32u;
      var values = vec4f();
      if (position + 0u < uniforms.keys && number < uniforms.outputs) {
        values.x = v[v_start + (position + 0u) * uniforms.v_row + number];
      }
if (position + 1u < uniforms.keys && number < uniforms.outputs) {
        values.y = v[v_start + (position + 1u) * uniforms.v_row + number];
      }
if (position + 2u < uniforms.keys && number < uniforms.outputs) {
        values.z = v[v_start + (position + 2u) * uniforms.v_row + number];
      }
if (position + 3u < uniforms.keys && number < uniforms.outputs) {
        values.w = v[v_start + (position + 3u) * uniforms.v_row + number];
      }
      left[i / 32u * 33u + i % 32u] = values;
    }
      for (var i = local; i < 256u; i += 64u) {
      let position = first_query + i / 32u * 4u;
      let number = column + i % 32u;
      var values = vec4f();
      if (position + 0u < uniforms.length && number < uniforms.outputs) {
        values.x = dy[dy_start + (position + 0u) * uniforms.dy_row + number];
      }
if (position + 1u < uniforms.length && number < uniforms.outputs) {
        values.y = dy[dy_start + (position + 1u) * uniforms.dy_row + number];
      }
if (position + 2u < uniforms.length && number < uniforms.outputs) {
        values.z = dy[dy_start + (position + 2u) * uniforms.dy_row + number];
      }
if (position + 3u < uniforms.length && number < uniforms.outputs) {
        values.w = dy[dy_start + (position + 3u) * uniforms.dy_row + number];
      }
      right[i / 32u * 33u + i % 32u] = values;
    }
      workgroupBarrier();
      let width = min(32u, uniforms.outputs - column);
      for (var i = 0u; i < width; i++) {
        let a = left[row_block * 33u + i];
        let b = right[column_block * 33u + i];
        slope_0 += a * b.x;
slope_1 += a * b.y;
slope_2 += a * b.z;
slope_3 += a * b.w;
      }
    }
      let query = first_query + column_block * 4u;
      var base_0 = 0.0; var inner_0 = 0.0;
var base_1 = 0.0; var inner_1 = 0.0;
var base_2 = 0.0; var inner_2 = 0.0;
var base_3 = 0.0; var inner_3 = 0.0;
      if (query + 0u < uniforms.length) {
        let at = 2u * (batch_head * uniforms.length + query + 0u);
        base_0 = of_queries[at];
        inner_0 = of_queries[at + 1u];
      }
if (query + 1u < uniforms.length) {
        let at = 2u * (batch_head * uniforms.length + query + 1u);
        base_1 = of_queries[at];
        inner_1 = of_queries[at + 1u];
      }
if (query + 2u < uniforms.length) {
        let at = 2u * (batch_head * uniforms.length + query + 2u);
        base_2 = of_queries[at];
        inner_2 = of_queries[at + 1u];
      }
if (query + 3u < uniforms.length) {
        let at = 2u * (batch_head * uniforms.length + query + 3u);
        base_3 = of_queries[at];
        inner_3 = of_queries[at + 1u];
      }
      slope_0 = weight(score_0, vec4f(base_0)) * (slope_0 - inner_0);
slope_1 = weight(score_1, vec4f(base_1)) * (slope_1 - inner_1);
slope_2 = weight(score_2, vec4f(base_2)) * (slope_2 - inner_2);
slope_3 = weight(score_3, vec4f(base_3)) * (slope_3 - inner_3);
      workgroupBarrier();
    left[row_block * 33u + column_block * 4u + 0u] = slope_0;
left[row_block * 33u + column_block * 4u + 1u] = slope_1;
left[row_block * 33u + column_block * 4u + 2u] = slope_2;
left[row_block * 33u + column_block * 4u + 3u] = slope_3;
    let count = min(32u, uniforms.length - first_query);
    
    for (var i = local; i < 256u; i += 64u) {
      let position = first_query + i / 8u;
      let number = first_column + 0u + i % 8u * 4u;
      var values = vec4f();
      if (position < uniforms.length && number + 0u < uniforms.features) {
        values.x = q[q_start + (position) * uniforms.q_row + number + 0u];
      }
if (position < uniforms.length && number + 1u < uniforms.features) {
        values.y = q[q_start + (position) * uniforms.q_row + number + 1u];
      }
if (position < uniforms.length && number + 2u < uniforms.features) {
        values.z = q[q_start + (position) * uniforms.q_row + number + 2u];
      }
if (position < uniforms.length && number + 3u < uniforms.features) {
        values.w = q[q_start + (position) * uniforms.q_row + number + 3u];
      }
      right[i] = values;
    }
    workgroupBarrier();
    for (var i = 0u; i < count; i++) {
      let a = left[row_block * 33u + i];
      let b = right[i * 8u + column_block];
      sum_0 += a * b.x;
sum_1 += a * b.y;
sum_2 += a * b.z;
sum_3 += a * b.w;
    }
    }
  }
  let factor = vec4f(uniforms.scale);
  workgroupBarrier();
  left[row_block * 33u + column_block * 4u + 0u] = sum_0 * factor;
left[row_block * 33u + column_block * 4u + 1u] = sum_1 * factor;
left[row_block * 33u + column_block * 4u + 2u] = sum_2 * factor;
left[row_block * 33u + column_block * 4u + 3u] = sum_3 * factor;
  workgroupBarrier();
  for (var i = local; i < 1024u; i += 64u) {
    let position = first_key + i / 32u;
    let number = first_column + 0u + i % 32u;
    if (position < uniforms.keys && number < uniforms.features) {
      dk[k_start + position * uniforms.k_row + number] = left[i / 128u * 33u + i % 32u][i / 32u % 4u];
    }
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}

// hourglass-attention-value-gradient|q:f32,k:f32,v:f32,dy:f32,of_queries:f32>dv:f32|CHUNKS=1,MASK=0,KEPT=false
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, heads: u32, groups: u32, length: u32, keys: u32, features: u32, outputs: u32, causal: u32, scale: f32, kept_scale: f32, q_batch: u32, q_head: u32, q_row: u32, k_batch: u32, k_head: u32, k_row: u32, v_batch: u32, v_head: u32, v_row: u32, dy_batch: u32, dy_head: u32, dy_row: u32, mask_heads_1: u32, mask_heads_2: u32, mask_heads_3: u32, mask_0: u32, mask_1: u32, mask_2: u32, mask_3: u32, mask_row: u32, mask_key: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read> of_queries: array<f32>;
@group(0) @binding(6) var<storage, read_write> dv: array<f32>;
const CHUNKS = 1u;
const MASK = 0u;
const KEPT = false;
fn infinity() -> f32 { return bitcast<f32>(uniforms.infinity_bits); }
var<workgroup> left: array<vec4f, 264>;
var<workgroup> right: array<vec4f, 264>;
var<workgroup> biases: array<vec4f, 264>;

var<private> mask_start: u32;
var<private> kept_start: u32;
fn enter_head(batch_head: u32) {
  let i = batch_head / uniforms.mask_heads_1;
  let j = i / uniforms.mask_heads_2;
  mask_start = batch_head % uniforms.mask_heads_1 * uniforms.mask_0 + i % uniforms.mask_heads_2 * uniforms.mask_1
    + j % uniforms.mask_heads_3 * uniforms.mask_2 + j / uniforms.mask_heads_3 * uniforms.mask_3;
  kept_start = batch_head * uniforms.length * uniforms.keys;
}
fn read_biases(first_query: u32, first_key: u32, local: u32) {
  for (var i = local; i < 256u; i += 64u) {
    var values = vec4f();
    
    for (var r = 0u; r < 4u; r++) {
      let key = first_key + i / 32u * 4u + r;
      let query = first_query + i % 32u;
      var bias = -infinity();
      if (query < uniforms.length && key < uniforms.keys && (uniforms.causal == 0u || key <= query)) {
        bias = 0.0;
        
      }
      values[r] = bias;
    }
    biases[i / 32u * 33u + i % 32u] = values;
    
  }
}
fn unseen(score: vec4f) -> vec4<bool> { return bitcast<vec4u>(score) == vec4u(0xff800000u); }
fn biased(score: vec4f, bias: vec4f) -> vec4f { return select(score * uniforms.scale + bias, bias, unseen(bias)); }
fn weight(score: vec4f, base: vec4f) -> vec4f { return select(exp(score - base), vec4f(), unseen(score)); }

fn compute(group: vec3u, local: u32) {
  let row_block = local / 8u;
  let column_block = local % 8u;
  let first_key = group.x * 32u;
  let row = first_key + row_block * 4u;
  let first_column = group.z * 32u;
  let batch = group.y / uniforms.groups;
  let key_head = group.y % uniforms.groups;
  let k_start = batch * uniforms.k_batch + key_head * uniforms.k_head;
let v_start = batch * uniforms.v_batch + key_head * uniforms.v_head;
  var sum_0 = vec4f();
var sum_1 = vec4f();
var sum_2 = vec4f();
var sum_3 = vec4f();
  let sharing = uniforms.heads / uniforms.groups;
  for (var head = key_head * sharing; head < (key_head + 1u) * sharing; head++) {
    let batch_head = batch * uniforms.heads + head;
    enter_head(batch_head);
    let q_start = batch * uniforms.q_batch + head * uniforms.q_head;
let dy_start = batch * uniforms.dy_batch + head * uniforms.dy_head;
    for (var first_query = select(0u, first_key, uniforms.causal != 0u); first_query < uniforms.length; first_query += 32u) {
      
      let whole = first_query + 32u <= uniforms.length && first_key + 32u <= uniforms.keys
      && (uniforms.causal == 0u || first_key + 31u <= first_query);
    if (!whole) { read_biases(first_query, first_key, local); }
    var score_0 = vec4f();
var score_1 = vec4f();
var score_2 = vec4f();
var score_3 = vec4f();
    for (var column = 0u; column < uniforms.features; column += 32u) {
      workgroupBarrier();
      for (var i = local; i < 256u; i += 64u) {
      let position = first_key + i / 32u * 4u;
      let number = column + i % 32u;
      var values = vec4f();
      if (position + 0u < uniforms.keys && number < uniforms.features) {
        values.x = k[k_start + (position + 0u) * uniforms.k_row + number];
      }
if (position + 1u < uniforms.keys && number < uniforms.features) {
        values.y = k[k_start + (position + 1u) * uniforms.k_row + number];
      }
if (position + 2u < uniforms.keys && number < uniforms.features) {
        values.z = k[k_start + (position + 2u) * uniforms.k_row + number];
      }
if (position + 3u < uniforms.keys && number < uniforms.features) {
        values.w = k[k_start + (position + 3u) * uniforms.k_row + number];
      }
      left[i / 32u * 33u + i % 32u] = values;
    }
      for (var i = local; i < 256u; i += 64u) {
      let position = first_query + i / 32u * 4u;
      let number = column + i % 32u;
      var values = vec4f();
      if (position + 0u < uniforms.length && number < uniforms.features) {
        values.x = q[q_start + (position + 0u) * uniforms.q_row + number];
      }
if (position + 1u < uniforms.length && number < uniforms.features) {
        values.y = q[q_start + (position + 1u) * uniforms.q_row + number];
      }
if (position + 2u < uniforms.length && number < uniforms.features) {
        values.z = q[q_start + (position + 2u) * uniforms.q_row + number];
      }
if (position + 3u < uniforms.length && number < uniforms.features) {
        values.w = q[q_start + (position + 3u) * uniforms.q_row + number];
      }
      right[i / 32u * 33u + i % 32u] = values;
    }
      workgroupBarrier();
      let width = min(32u, uniforms.features - column);
      for (var i = 0u; i < width; i++) {
        let a = left[row_block * 33u + i];
        let b = right[column_block * 33u + i];
        score_0 += a * b.x;
score_1 += a * b.y;
score_2 += a * b.z;
score_3 += a * b.w;
      }
    }
    if (whole) {
      score_0 *= uniforms.scale;
score_1 *= uniforms.scale;
score_2 *= uniforms.scale;
score_3 *= uniforms.scale;
    } else {
      let at = row_block * 33u + column_block * 4u;
      score_0 = biased(score_0, biases[at + 0u]);
score_1 = biased(score_1, biases[at + 1u]);
score_2 = biased(score_2, biases[at + 2u]);
score_3 = biased(score_3, biases[at + 3u]);
    }
      let query = first_query + column_block * 4u;
      var base_0 = 0.0; var inner_0 = 0.0;
var base_1 = 0.0; var inner_1 = 0.0;
var base_2 = 0.0; var inner_2 = 0.0;
var base_3 = 0.0; var inner_3 = 0.0;
      if (query + 0u < uniforms.length) {
        let at = 2u * (batch_head * uniforms.length + query + 0u);
        base_0 = of_queries[at];
        inner_0 = of_queries[at + 1u];
      }
if (query + 1u < uniforms.length) {
        let at = 2u * (batch_head * uniforms.length + query + 1u);
        base_1 = of_queries[at];
        inner_1 = of_queries[at + 1u];
      }
if (query + 2u < uniforms.length) {
        let at = 2u * (batch_head * uniforms.length + query + 2u);
        base_2 = of_queries[at];
        inner_2 = of_queries[at + 1u];
      }
if (query + 3u < uniforms.length) {
        let at = 2u * (batch_head * uniforms.length + query + 3u);
        base_3 = of_queries[at];
        inner_3 = of_queries[at + 1u];
      }
      let weight_0 = weight(score_0, vec4f(base_0));
let weight_1 = weight(score_1, vec4f(base_1));
let weight_2 = weight(score_2, vec4f(base_2));
let weight_3 = weight(score_3, vec4f(base_3));
      workgroupBarrier();
    left[row_block * 33u + column_block * 4u + 0u] = weight_0;
left[row_block * 33u + column_block * 4u + 1u] = weight_1;
left[row_block * 33u + column_block * 4u + 2u] = weight_2;
left[row_block * 33u + column_block * 4u + 3u] = weight_3;
    let count = min(32u, uniforms.length - first_query);
    
    for (var i = local; i < 256u; i += 64u) {
      let position = first_query + i / 8u;
      let number = first_column + 0u + i % 8u * 4u;
      var values = vec4f();
      if (position < uniforms.length && number + 0u < uniforms.outputs) {
        values.x = dy[dy_start + (position) * uniforms.dy_row + number + 0u];
      }
if (position < uniforms.length && number + 1u < uniforms.outputs) {
        values.y = dy[dy_start + (position) * uniforms.dy_row + number + 1u];
      }
if (position < uniforms.length && number + 2u < uniforms.outputs) {
        values.z = dy[dy_start + (position) * uniforms.dy_row + number + 2u];
      }
if (position < uniforms.length && number + 3u < uniforms.outputs) {
        values.w = dy[dy_start + (position) * uniforms.dy_row + number + 3u];
      }
      right[i] = values;
    }
    workgroupBarrier();
    for (var i = 0u; i < count; i++) {
      let a = left[row_block * 33u + i];
      let b = right[i * 8u + column_block];
      sum_0 += a * b.x;
sum_1 += a * b.y;
sum_2 += a * b.z;
sum_3 += a * b.w;
    }
    }
  }
  let factor = vec4f(1.0);
  workgroupBarrier();
  left[row_block * 33u + column_block * 4u + 0u] = sum_0 * factor;
left[row_block * 33u + column_block * 4u + 1u] = sum_1 * factor;
left[row_block * 33u + column_block * 4u + 2u] = sum_2 * factor;
left[row_block * 33u + column_block * 4u + 3u] = sum_3 * factor;
  workgroupBarrier();
  for (var i = local; i < 1024u; i += 64u) {
    let position = first_key + i / 32u;
    let number = first_column + 0u + i % 32u;
    if (position < uniforms.keys && number < uniforms.outputs) {
      dv[v_start + position * uniforms.v_row + number] = left[i / 128u * 33u + i % 32u][i / 32u % 4u];
    }
  }
}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
