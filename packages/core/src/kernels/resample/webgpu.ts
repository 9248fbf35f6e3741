import type { TensorInfo } from '@tensorflow/tfjs-core';
import { product } from '../../functional/axes/permute.js';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel, type Gpu } from '../../webgpu/kernel.js';
import { Resample, type LinearMap } from './spec.js';
import { termsOf, transposedTerms, type Terms } from './terms.js';

/** An invocation for each output: over the terms of its row, and for each over those of its column. */
const shader = elementwiseShader({
  name: 'resample',
  uniforms: { rows_in: 'u32', columns_in: 'u32', rows: 'u32', columns: 'u32', channels: 'u32' },
  body: `
  let pixel = i / uniforms.channels;
  let channel = i - pixel * uniforms.channels;
  let line = pixel / uniforms.columns;
  let image = line / uniforms.rows;
  let row = line - image * uniforms.rows;
  // the columns' lists come behind the rows'
  let column = uniforms.rows + 1u + pixel - line * uniforms.columns;
  var sum = 0.0;
  for (var k = starts[row]; k < starts[row + 1u]; k++) {
    let start = (image * uniforms.rows_in + u32(sources[k])) * uniforms.columns_in;
    var along = 0.0;
    for (var j = starts[column]; j < starts[column + 1u]; j++) {
      along += weights[j] * x[(start + u32(sources[j])) * uniforms.channels + channel];
    }
    sum += weights[k] * along;
  }
  y[i] = sum;`,
});

function run(gpu: Gpu, x: TensorInfo, y: TensorInfo, rows: Terms, columns: Terms): void {
  const [, rowsIn, columnsIn, channels] = x.shape as [number, number, number, number];
  const join = (a: readonly number[], b: readonly number[]): Int32Array => Int32Array.from([...a, ...b]);
  const behind = rows.sources.length;
  runElementwise(gpu, shader, product(y.shape), {
    inputs: {
      x,
      starts: gpu.upload(
        join(
          rows.starts,
          columns.starts.map((start) => start + behind),
        ),
      ),
      // one more, since there may be none
      sources: gpu.upload(join(rows.sources, [...columns.sources, 0])),
      weights: gpu.upload(Float32Array.from([...rows.weights, ...columns.weights, 0])),
    },
    outputs: { y },
    uniforms: {
      rows_in: rowsIn,
      columns_in: columnsIn,
      rows: y.shape[1]!,
      columns: y.shape[2]!,
      channels,
    },
  });
}

export const resampleOnGpu = webgpuKernel(Resample, ({ x }, { rows, columns, transposed }, gpu) => {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const terms = (map: LinearMap | null, size: number): Terms =>
    (transposed ? transposedTerms : termsOf)(
      map ?? {
        from: size,
        first: Array.from({ length: size }, (_, i) => i),
        weights: Array.from({ length: size }, () => [1]),
      },
    );
  const [down, along] = [terms(rows, height), terms(columns, width)];
  const [lines, places] = [down.starts.length - 1, along.starts.length - 1];
  const y = gpu.allocate([batch, lines, places, channels]);
  // long sums are added up along one axis after the other
  const [a, b] = [down.sources.length / Math.max(1, lines), along.sources.length / Math.max(1, places)];
  if (a * b <= 2 * (a + b) + 4) run(gpu, x, y, down, along);
  else {
    const between = gpu.scratch([batch, lines, width, channels]);
    run(gpu, x, between, down, terms(null, width));
    run(gpu, between, y, terms(null, lines), along);
  }
  return y;
});
