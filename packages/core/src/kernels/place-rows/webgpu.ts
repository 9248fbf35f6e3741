import type { TensorInfo } from '@tensorflow/tfjs-core';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { groupByIndex } from '../../webgpu/group-by-index.js';
import { webgpuKernel, type Gpu } from '../../webgpu/kernel.js';
import { addBlocks } from '../../webgpu/snippets/block-sums.js';
import { PlaceRows, type PlaceRowsAttrs } from './spec.js';

/** Row r of batch b as number b · rows + r; those of no row are of no batch either. */
const number = elementwiseShader({
  name: 'place-rows-number',
  uniforms: { count: 'u32', rows: 'i32' },
  body: `
  let row = indices[i];
  ids[i] = select(-1, i32(i / uniforms.count) * uniforms.rows + row, row >= 0 && row < uniforms.rows);`,
});

/** A part of the sum of each element of the result. */
const add = elementwiseShader({
  name: 'place-rows',
  uniforms: { outer: 'u32', count: 'u32', rows: 'u32', inner: 'u32', parts: 'i32', total: 'u32' },
  body: `
  let part = i32(i / uniforms.total);
  let at = i % uniforms.total;
  let line = at / uniforms.inner;
  let plane = line / uniforms.rows;
  let batch = plane / uniforms.outer;
  let list = batch * uniforms.rows + line - plane * uniforms.rows;
  let start = pointer[list];
  let found = pointer[list + 1u] - start;
  let share = (found + uniforms.parts - 1) / uniforms.parts;
  let first = min(part * share, found);
  let end = min(first + share, found);
  var sum = 0.0;
  for (var j = start + first; j < start + end; j++) {
    let place = plane * uniforms.count + u32(order[j]) - batch * uniforms.count;
    sum += x[place * uniforms.inner + at - line * uniforms.inner];
  }
  y[i] = sum;`,
});

/** Rows of a part where indices are equally frequent; one that most rows have is still the work of many. */
const [rowsOfPart, mostParts] = [16, 64];

function idsOf(gpu: Gpu, indices: TensorInfo, { batch, count, rows }: PlaceRowsAttrs): TensorInfo {
  if (batch === 1) return indices;
  const ids = gpu.scratch([batch, count], 'int32');
  runElementwise(gpu, number, batch * count, { inputs: { indices }, outputs: { ids }, uniforms: { count, rows } });
  return ids;
}

export const placeRowsOnGpu = webgpuKernel(PlaceRows, ({ x, indices }, attrs, gpu) => {
  const { batch, outer, count, rows, inner, shape } = attrs;
  const total = batch * outer * rows * inner;
  const y = gpu.allocate(shape);
  const { order, pointer } = groupByIndex(gpu, idsOf(gpu, indices, attrs), batch * count, batch * rows);
  const parts = Math.min(mostParts, Math.max(1, Math.ceil(count / (rows * rowsOfPart))));
  const partial = parts === 1 ? y : gpu.scratch([parts, total]);
  runElementwise(gpu, add, parts * total, {
    inputs: { x, order, pointer },
    outputs: { y: partial },
    uniforms: { outer, count, rows, inner, parts, total },
  });
  if (parts > 1) addBlocks(gpu, partial, y, total);
  return y;
});
