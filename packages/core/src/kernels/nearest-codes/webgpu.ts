import type { Shader } from '../../webgpu/shader.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { NearestCodes } from './spec.js';

/** A workgroup's tile of rows by codes; each of its invocations, 16 by 16, has 4 by 4 of the products. */
const tile = 64;
const side = 16;
const each = tile / side;
/** Columns at a time. */
const depth = 16;

/** A workgroup for each tile of rows, which goes through the codes; only the best code of every row is kept. */
const shader: Shader = {
  name: 'nearest-codes',
  workgroup: side * side,
  uniforms: { rows: 'u32', codes: 'u32', width: 'u32' },
  code: `
// columns of rows and of codes: number [column][row]; in the end the best scores and their codes
var<workgroup> left: array<f32, ${depth * tile}>;
var<workgroup> right: array<f32, ${depth * tile}>;
fn compute(group: vec3u, local: u32) {
  let first_row = group.x * ${tile}u;
  let across = local % ${side}u;
  let down = local / ${side}u;
  var best_score: array<f32, ${each}>;
  var best_code: array<u32, ${each}>;
  for (var i = 0u; i < ${each}u; i++) {
    best_score[i] = -infinity();
    best_code[i] = 0u;
  }
  for (var first_code = 0u; first_code < uniforms.codes; first_code += ${tile}u) {
    var products = array<f32, ${each * each}>();
    var squares = array<f32, ${each}>();
    for (var first = 0u; first < uniforms.width; first += ${depth}u) {
      workgroupBarrier();
      for (var at = local; at < ${depth * tile}u; at += ${side * side}u) {
        let column = first + at % ${depth}u;
        let number = at / ${depth}u;
        let slot = at % ${depth}u * ${tile}u + number;
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
      for (var column = 0u; column < ${depth}u; column++) {
        var of_rows: array<f32, ${each}>;
        for (var i = 0u; i < ${each}u; i++) { of_rows[i] = left[column * ${tile}u + down * ${each}u + i]; }
        for (var j = 0u; j < ${each}u; j++) {
          let of_code = right[column * ${tile}u + across + j * ${side}u];
          squares[j] += of_code * of_code;
          for (var i = 0u; i < ${each}u; i++) { products[j * ${each}u + i] += of_rows[i] * of_code; }
        }
      }
    }
    for (var j = 0u; j < ${each}u; j++) {
      let code = first_code + across + j * ${side}u;
      if (code >= uniforms.codes) { break; }
      for (var i = 0u; i < ${each}u; i++) {
        let score = products[j * ${each}u + i] - 0.5 * squares[j];
        if (score > best_score[i]) {
          best_score[i] = score;
          best_code[i] = code;
        }
      }
    }
  }
  workgroupBarrier();
  for (var i = 0u; i < ${each}u; i++) {
    let slot = (down * ${each}u + i) * ${side}u + across;
    left[slot] = best_score[i];
    right[slot] = f32(best_code[i]);
  }
  workgroupBarrier();
  let row = first_row + local;
  if (local < ${tile}u && row < uniforms.rows) {
    var score = left[local * ${side}u];
    var code = right[local * ${side}u];
    for (var i = 1u; i < ${side}u; i++) {
      let other = left[local * ${side}u + i];
      let other_code = right[local * ${side}u + i];
      if (other > score || (other == score && other_code < code)) {
        score = other;
        code = other_code;
      }
    }
    nearest[row] = i32(code);
  }
}`,
};

/** Codes are passed on as floats. */
const mostCodes = 2 ** 24;

export const nearestCodesOnGpu = webgpuKernel(NearestCodes, ({ x, codebook }, _, gpu) => {
  const [rows, width] = x.shape as [number, number];
  const codes = codebook.shape[0]!;
  if (codes > mostCodes) return null;
  const nearest = gpu.allocate([rows], 'int32');
  gpu.run(shader, {
    inputs: { x, codebook },
    outputs: { nearest },
    uniforms: { rows, codes, width },
    groups: [Math.ceil(rows / tile)],
  });
  return nearest;
});
