// hourglass-nearest-codes|x:f32,codebook:f32>nearest:i32|
struct Uniforms { groups_x: u32, groups_y: u32, groups_z: u32, infinity_bits: u32, rows: u32, codes: u32, width: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> codebook: array<f32>;
@group(0) @binding(3) var<storage, read_write> nearest: array<i32>;
fn infinity() -> f32 { return bitcast<f32>(uniforms.infinity_bits); }
// columns of rows and of codes: number [column][row]; in the end the best scores and their codes
var<workgroup> left: array<f32, 1024>;
var<workgroup> right: array<f32, 1024>;
fn compute(group: vec3u, local: u32) {
  let first_row = group.x * 64u;
  let across = local % 16u;
  let down = local / 16u;
  var best_score: array<f32, 4>;
  var best_code: array<u32, 4>;
  for (var i = 0u; i < 4u; i++) {
    best_score[i] = -infinity();
    best_code[i] = 0u;
  }
  for (var first_code = 0u; first_code < uniforms.codes; first_code += 64u) {
    var products = array<f32, 16>();
    var squares = array<f32, 4>();
    for (var first = 0u; first < uniforms.width; first += 16u) {
      workgroupBarrier();
      for (var at = local; at < 1024u; at += 256u) {
        let column = first + at % 16u;
        let number = at / 16u;
        let slot = at % 16u * 64u + number;
        let row = first_row + number;
        let code = first_code + number;
        left[slot] = 0.0;
        right[slot] = 0.0;
        if (column < uniforms.width) {
          if (row < uniforms.rows) { left[slot] = x[row * uniforms.width + column]; }
          if (code < uniforms.codes) { right[slot] = codebook[code * uniforms.width + column]; }
        }
      }
      workgroupBarrier();
      for (var column = 0u; column < 16u; column++) {
        var of_rows: array<f32, 4>;
        for (var i = 0u; i < 4u; i++) { of_rows[i] = left[column * 64u + down * 4u + i]; }
        for (var j = 0u; j < 4u; j++) {
          let of_code = right[column * 64u + across + j * 16u];
          squares[j] += of_code * of_code;
          for (var i = 0u; i < 4u; i++) { products[j * 4u + i] += of_rows[i] * of_code; }
        }
      }
    }
    for (var j = 0u; j < 4u; j++) {
      let code = first_code + across + j * 16u;
      if (code >= uniforms.codes) { break; }
      for (var i = 0u; i < 4u; i++) {
        let score = products[j * 4u + i] - 0.5 * squares[j];
        if (score > best_score[i]) {
          best_score[i] = score;
          best_code[i] = code;
        }
      }
    }
  }
  workgroupBarrier();
  for (var i = 0u; i < 4u; i++) {
    let slot = (down * 4u + i) * 16u + across;
    left[slot] = best_score[i];
    right[slot] = f32(best_code[i]);
  }
  workgroupBarrier();
  let row = first_row + local;
  if (local < 64u && row < uniforms.rows) {
    var score = left[local * 16u];
    var code = right[local * 16u];
    for (var i = 1u; i < 16u; i++) {
      let other = left[local * 16u + i];
      let other_code = right[local * 16u + i];
      if (other > score || (other == score && other_code < code)) {
        score = other;
        code = other_code;
      }
    }
    nearest[row] = i32(code);
  }
}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) local: u32) {
  let flat = id.x + id.y * count.x;
  let plane = uniforms.groups_x * uniforms.groups_y;
  if (flat >= plane * uniforms.groups_z) { return; }
  compute(vec3u(flat % uniforms.groups_x, flat / uniforms.groups_x % uniforms.groups_y, flat / plane), local);
}
