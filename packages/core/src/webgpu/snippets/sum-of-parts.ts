import type { Shader } from '../shader.js';

const [columns, lanes] = [16, 16];

/**
 * Adds up parts of sums: out [count] of the `count` numbers from `first` on in each of `parts` rows of `stride` numbers. The order of the
 * additions depends on sizes alone. Input `x`, output `out`; a workgroup for {@link partsAtOnce} numbers.
 * The sum of number i goes to place (i % width) (count / width) + i / width: with width 1 that is i, else they are transposed.
 */
export const sumOfParts: Shader = {
  name: 'sum-of-parts',
  workgroup: columns * lanes,
  uniforms: { parts: 'u32', stride: 'u32', first: 'u32', count: 'u32', width: 'u32' },
  code: `
var<workgroup> sums: array<f32, ${columns * lanes}>;
fn compute(group: vec3u, local: u32) {
  let column = group.x * ${columns}u + local % ${columns}u;
  var sum = 0.0;
  if (column < uniforms.count) {
    for (var part = local / ${columns}u; part < uniforms.parts; part += ${lanes}u) {
      sum += x[part * uniforms.stride + uniforms.first + column];
    }
  }
  sums[local] = sum;
  for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half * ${columns}u) { sums[local] += sums[local + half * ${columns}u]; }
  }
  if (local < ${columns}u && column < uniforms.count) {
    out[column % uniforms.width * (uniforms.count / uniforms.width) + column / uniforms.width] = sums[local];
  }
}`,
};

/** Numbers that one workgroup of {@link sumOfParts} adds up. */
export const partsAtOnce = columns;
