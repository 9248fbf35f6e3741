import type { Constants, Shader } from '../shader.js';
import type { Gpu } from '../kernel.js';
import type { TensorInfo } from '@tensorflow/tfjs-core';

/**
 * WGSL of `row_of_place(place: u32, rows: u32) -> u32`, the row whose places contain one: the last whose first place, pointer[row], is
 * not beyond it.
 */
export const rowOfPlace = `
fn row_of_place(place: u32, rows: u32) -> u32 {
  var low = 0u;
  var high = rows;
  while (high - low > 1u) {
    let middle = (low + high) / 2u;
    if (u32(pointer[middle]) <= place) { low = middle; } else { high = middle; }
  }
  return low;
}`;

const threads = 64;
/** Places whose terms are put together beforehand where one row has them all, so that long rows do not make one workgroup work for long. */
const block = 512;

/** How the terms at a row's places are put together, for every column of the result. */
export interface RowReduction<C extends Constants = Constants> {
  readonly name: string;
  readonly uniforms?: Shader<C>['uniforms'];
  /**
   * WGSL of `term(place: u32, row: u32, column: u32) -> f32`, of `combine(a: f32, b: f32) -> f32`, and of `nothing() -> f32`, which changes
   * nothing.
   */
  readonly code: (constants: C) => string;
  /** WGSL of `finish(value: f32, places: u32, row: u32, column: u32) -> f32`; the value itself where it is left out. */
  readonly finish?: (constants: C) => string;
}

const sizes = { rows: 'u32', places: 'u32', width: 'u32', columns: 'u32', slots: 'u32' } as const;

/**
 * An invocation for a column and every `slots`-th place of a row; those of a row are put together in the workgroup. Afterwards
 * the first slot's invocation has the result.
 */
const together = `
var<workgroup> parts: array<f32, ${threads}>;
fn put_together(value: f32, local: u32) -> f32 {
  parts[local] = value;
  let slot = local / uniforms.columns % uniforms.slots;
  for (var half = uniforms.slots / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (slot < half) { parts[local] = combine(parts[local], parts[local + half * uniforms.columns]); }
  }
  return parts[local];
}`;

/** Whole blocks, where they lie in one row: [blocks, width]; of others nothing is read. */
function blocksOf<C extends Constants>(reduction: RowReduction<C>): Shader<C> {
  return {
    name: `${reduction.name}-blocks`,
    workgroup: threads,
    uniforms: { ...sizes, ...reduction.uniforms },
    code: (constants) => `${rowOfPlace}${reduction.code(constants)}${together}
fn compute(group: vec3u, local: u32) {
  let first = group.x * ${block}u;
  let row = row_of_place(first, uniforms.rows);
  let column = group.y * uniforms.columns + local % uniforms.columns;
  let slot = local / uniforms.columns;
  var total = nothing();
  if (u32(pointer[row + 1u]) >= first + ${block}u && column < uniforms.width) {
    for (var place = first + slot; place < first + ${block}u; place += uniforms.slots) {
      total = combine(total, term(place, row, column));
    }
  }
  total = put_together(total, local);
  if (slot == 0u && column < uniforms.width) { blocks[group.x * uniforms.width + column] = total; }
}`,
  };
}

function rowsOf<C extends Constants>(reduction: RowReduction<C>): Shader<C & { BLOCKS: boolean }> {
  return {
    name: reduction.name,
    workgroup: threads,
    uniforms: { ...sizes, ...reduction.uniforms },
    code: (constants) => `${reduction.code(constants)}${together}
${reduction.finish?.(constants) ?? 'fn finish(value: f32, places: u32, row: u32, column: u32) -> f32 { return value; }'}
fn compute(group: vec3u, local: u32) {
  let each = uniforms.columns * uniforms.slots;
  let row = group.x * (${threads}u / each) + local / each;
  let column = group.y * uniforms.columns + local % uniforms.columns;
  let slot = local / uniforms.columns % uniforms.slots;
  let inside = row < uniforms.rows && column < uniforms.width;
  var total = nothing();
  var begin = 0u;
  var end = 0u;
  if (inside) {
    begin = min(u32(pointer[row]), uniforms.places);
    end = min(u32(pointer[row + 1u]), uniforms.places);
    ${
      constants.BLOCKS
        ? `// whole blocks lie between these
    let first = (begin + ${block - 1}u) / ${block}u;
    let beyond = max(first, end / ${block}u);
    let before = min(end, first * ${block}u);
    for (var place = begin + slot; place < before; place += uniforms.slots) { total = combine(total, term(place, row, column)); }
    for (var i = first + slot; i < beyond; i += uniforms.slots) { total = combine(total, blocks[i * uniforms.width + column]); }
    for (var place = max(before, beyond * ${block}u) + slot; place < end; place += uniforms.slots) {
      total = combine(total, term(place, row, column));
    }`
        : `for (var place = begin + slot; place < end; place += uniforms.slots) {
      total = combine(total, term(place, row, column));
    }`
    }
  }
  total = put_together(total, local);
  if (inside && slot == 0u) { y[row * uniforms.width + column] = finish(total, end - begin, row, column); }
}`,
  };
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, least)));

/** A reduction over the places of each row into `y` [rows, width]; inputs have at least `pointer`. */
export function rowReduction<C extends Constants>(reduction: RowReduction<C>) {
  const [blocks, rows] = [blocksOf(reduction), rowsOf(reduction)];
  return (
    gpu: Gpu,
    call: {
      readonly inputs: Readonly<Record<string, TensorInfo | null | undefined>> & { readonly pointer: TensorInfo };
      readonly y: TensorInfo;
      readonly places: number;
      readonly width: number;
      readonly constants: C;
      readonly uniforms?: Readonly<Record<string, number>>;
    },
  ): void => {
    const { inputs, y, places, width, constants } = call;
    const count = inputs.pointer.shape[0]! - 1;
    if (width === 0 || count === 0) return;
    const columns = Math.min(threads, powerOfTwo(width));
    const slots = (most: number): number => Math.min(threads / columns, powerOfTwo(most));
    const own = { rows: count, places, width, columns, ...call.uniforms };
    const tiles = Math.ceil(width / columns);
    const long = places >= 4 * block;
    const parts = long ? gpu.scratch([Math.floor(places / block), width]) : null;
    if (parts !== null) {
      gpu.run(blocks, {
        inputs,
        outputs: { blocks: parts },
        uniforms: { ...own, slots: slots(threads) },
        constants,
        groups: [parts.shape[0]!, tiles],
      });
    }
    const few = slots(places / count);
    gpu.run(rows, {
      inputs: { ...inputs, blocks: parts },
      outputs: { y },
      uniforms: { ...own, slots: few },
      constants: { ...constants, BLOCKS: long },
      groups: [Math.ceil(count / (threads / (columns * few))), tiles],
    });
  };
}

/** WGSL of what adds numbers up. */
export const addition = `
fn combine(a: f32, b: f32) -> f32 { return a + b; }
fn nothing() -> f32 { return 0.0; }`;

/** WGSL of what takes the larger; NaN if one is. */
export const maximum = `
fn combine(a: f32, b: f32) -> f32 {
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return max(a, b);
}
fn nothing() -> f32 { return -infinity(); }`;

/** WGSL of `row_at(place: u32) -> u32`: the row of x that stands at a place of segments; beyond all where there is none. */
export function rowAt(ORDER: boolean): string {
  return `fn row_at(place: u32) -> u32 { return ${ORDER ? 'u32(order[place])' : 'place'}; }`;
}
