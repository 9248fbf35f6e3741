import type * as tf from '@tensorflow/tfjs-core';
import type { Gpu } from './kernel.js';
import type { Shader } from './shader.js';

// A radix sort of places by their indices, 4 bits at a time. It keeps the order of equal ones, so that sums over a group
// are always taken in the same order.

const bits = 4;
const digits = 1 << bits;
const threads = 64;
/** Places of an invocation, one after the other; a workgroup's are a block. */
const run = 16;
const block = threads * run;

const uniforms = { count: 'u32', size: 'u32', shift: 'u32', blocks: 'u32' } as const;

/** The digit of a place: indices outside of [0, size) come after all others. And how many places of each digit an invocation has. */
const counting = `
fn digit_at(at: u32, first_pass: bool) -> u32 {
  let place = select(order[at], i32(at), first_pass);
  return (min(u32(ids[place]), uniforms.size) >> uniforms.shift) % ${digits}u;
}
var<workgroup> counted: array<u32, ${digits * threads}>;
fn count_digits(first: u32, local: u32) {
  var own = array<u32, ${digits}>();
  let end = min(first + ${run}u, uniforms.count);
  for (var at = first; at < end; at++) { own[digit_at(at, uniforms.shift == 0u)]++; }
  for (var digit = 0u; digit < ${digits}u; digit++) { counted[digit * ${threads}u + local] = own[digit]; }
  workgroupBarrier();
}`;

/** How often each digit is in each block: [digits, blocks]. */
const countBlocks: Shader = {
  name: 'group-by-index-count',
  workgroup: threads,
  uniforms,
  code: `${counting}
fn compute(group: vec3u, local: u32) {
  count_digits(group.x * ${block}u + local * ${run}u, local);
  if (local < ${digits}u) {
    var total = 0u;
    for (var i = 0u; i < ${threads}u; i++) { total += counted[local * ${threads}u + i]; }
    counts[local * uniforms.blocks + group.x] = i32(total);
  }
}`,
};

/** Numbers replaced by the sums of those before; one workgroup. */
const scan: Shader = {
  name: 'group-by-index-scan',
  workgroup: threads,
  uniforms: { size: 'u32' },
  code: `
var<workgroup> totals: array<i32, ${threads}>;
fn compute(group: vec3u, local: u32) {
  let each = (uniforms.size + ${threads - 1}u) / ${threads}u;
  let first = min(local * each, uniforms.size);
  let end = min(first + each, uniforms.size);
  var total = 0;
  for (var i = first; i < end; i++) { total += counts[i]; }
  totals[local] = total;
  workgroupBarrier();
  var sum = 0;
  for (var i = 0u; i < local; i++) { sum += totals[i]; }
  for (var i = first; i < end; i++) {
    let own = counts[i];
    counts[i] = sum;
    sum += own;
  }
}`,
};

/** Each place to where it belongs. */
const move: Shader = {
  name: 'group-by-index-move',
  workgroup: threads,
  uniforms,
  code: `${counting}
fn compute(group: vec3u, local: u32) {
  let first = group.x * ${block}u + local * ${run}u;
  count_digits(first, local);
  if (local < ${digits}u) {
    var sum = u32(counts[local * uniforms.blocks + group.x]);
    for (var i = 0u; i < ${threads}u; i++) {
      let own = counted[local * ${threads}u + i];
      counted[local * ${threads}u + i] = sum;
      sum += own;
    }
  }
  workgroupBarrier();
  let end = min(first + ${run}u, uniforms.count);
  for (var at = first; at < end; at++) {
    let first_pass = uniforms.shift == 0u;
    let slot = digit_at(at, first_pass) * ${threads}u + local;
    moved[counted[slot]] = select(order[at], i32(at), first_pass);
    counted[slot]++;
  }
}`,
};

/** Where the places of each index begin. */
const pointers: Shader = {
  name: 'group-by-index-pointers',
  workgroup: threads,
  uniforms: { count: 'u32', size: 'u32' },
  code: `
fn compute(group: vec3u, local: u32) {
  let index = group.x * ${threads}u + local;
  if (index > uniforms.size) { return; }
  var low = 0u;
  var high = uniforms.count;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (min(u32(ids[order[middle]]), uniforms.size) < index) { low = middle + 1u; } else { high = middle; }
  }
  pointer[index] = i32(low);
}`,
};

/** The places of equal indices, one after the other. */
export interface Groups {
  /** int32 [places]: those of index 0 in their order, then those of index 1, … */
  readonly order: tf.TensorInfo;
  /** int32 [size + 1]: index i has order[pointer[i]] … order[pointer[i + 1] - 1]. */
  readonly pointer: tf.TensorInfo;
}

/**
 * Groups places by their indices, the same for the same indices, for sums without atomic additions.
 *
 * @param ids int32 with `count` numbers; those outside of [0, size) are in no group
 */
export function groupByIndex(gpu: Gpu, ids: tf.TensorInfo, count: number, size: number): Groups {
  const blocks = Math.ceil(count / block);
  const counts = gpu.scratch([Math.max(1, digits * blocks)], 'int32');
  let [order, moved] = [gpu.scratch([Math.max(1, count)], 'int32'), gpu.scratch([Math.max(1, count)], 'int32')];
  for (let shift = 0; 2 ** shift <= size; shift += bits) {
    const given = { count, size, shift, blocks };
    gpu.run(countBlocks, { inputs: { ids, order }, outputs: { counts }, uniforms: given, groups: [blocks] });
    gpu.run(scan, { inputs: {}, outputs: { counts }, uniforms: { size: digits * blocks }, groups: [1] });
    gpu.run(move, { inputs: { ids, order, counts }, outputs: { moved }, uniforms: given, groups: [blocks] });
    [order, moved] = [moved, order];
  }
  const pointer = gpu.scratch([size + 1], 'int32');
  gpu.run(pointers, {
    inputs: { ids, order },
    outputs: { pointer },
    uniforms: { count, size },
    groups: [Math.ceil((size + 1) / threads)],
  });
  return { order, pointer };
}
