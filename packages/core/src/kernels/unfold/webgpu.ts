import { product } from '../../functional/axes/permute.js';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import { Fold, Unfold, type UnfoldAttrs } from './spec.js';

const axes = ['rows', 'columns'] as const;
const fields = ['size', 'count', 'kernel', 'stride', 'before', 'dilation'] as const;
const uniforms: Readonly<Record<string, 'i32' | 'u32'>> = {
  ...Object.fromEntries(axes.flatMap((axis) => fields.map((field) => [`${axis}_${field}`, 'i32' as const]))),
  channels: 'i32',
};

function valuesOf(attrs: UnfoldAttrs, channels: number): Record<string, number> {
  const along = axes.flatMap((axis) =>
    fields.map((field): [string, number] => [`${axis}_${field}`, attrs[axis][field]]),
  );
  return { ...Object.fromEntries(along), channels };
}

/** An invocation for each element of a block. */
const cutting = elementwiseShader({
  name: 'unfold',
  uniforms,
  body: `
  let taps = uniforms.rows_kernel * uniforms.columns_kernel;
  let features = uniforms.channels * taps;
  let block = i32(i) / features;
  let feature = i32(i) - block * features;
  let channel = feature / taps;
  let tap = feature - channel * taps;
  let image = block / (uniforms.rows_count * uniforms.columns_count);
  let place = block - image * uniforms.rows_count * uniforms.columns_count;
  let row = place / uniforms.columns_count * uniforms.rows_stride - uniforms.rows_before
    + tap / uniforms.columns_kernel * uniforms.rows_dilation;
  let column = place % uniforms.columns_count * uniforms.columns_stride - uniforms.columns_before
    + tap % uniforms.columns_kernel * uniforms.columns_dilation;
  var value = 0.0;
  if (row >= 0 && row < uniforms.rows_size && column >= 0 && column < uniforms.columns_size) {
    value = x[((image * uniforms.rows_size + row) * uniforms.columns_size + column) * uniforms.channels + channel];
  }
  y[i] = value;`,
});

export const unfoldOnGpu = webgpuKernel(Unfold, ({ x }, attrs, gpu) => {
  const [batch, , , channels] = x.shape as [number, number, number, number];
  const { rows, columns } = attrs;
  const y = gpu.allocate([batch, rows.count * columns.count, channels * rows.kernel * columns.kernel]);
  runElementwise(gpu, cutting, product(y.shape), {
    inputs: { x },
    outputs: { y },
    uniforms: valuesOf(attrs, channels),
  });
  return y;
});

/** An invocation for each element of the picture: over the blocks that it lies in, by the taps that may meet it. */
const adding = elementwiseShader({
  name: 'fold',
  uniforms,
  body: `
  let pixel = i32(i) / uniforms.channels;
  let channel = i32(i) - pixel * uniforms.channels;
  let line = pixel / uniforms.columns_size;
  let image = line / uniforms.rows_size;
  let row = line - image * uniforms.rows_size + uniforms.rows_before;
  let column = pixel - line * uniforms.columns_size + uniforms.columns_before;
  let taps = uniforms.rows_kernel * uniforms.columns_kernel;
  var sum = 0.0;
  for (var k = 0; k < uniforms.rows_kernel; k++) {
    let down = row - k * uniforms.rows_dilation;
    if (down < 0 || down % uniforms.rows_stride != 0 || down / uniforms.rows_stride >= uniforms.rows_count) { continue; }
    for (var j = 0; j < uniforms.columns_kernel; j++) {
      let along = column - j * uniforms.columns_dilation;
      if (along < 0 || along % uniforms.columns_stride != 0) { continue; }
      if (along / uniforms.columns_stride >= uniforms.columns_count) { continue; }
      let block = (image * uniforms.rows_count + down / uniforms.rows_stride) * uniforms.columns_count
        + along / uniforms.columns_stride;
      sum += x[(block * uniforms.channels + channel) * taps + k * uniforms.columns_kernel + j];
    }
  }
  y[i] = sum;`,
});

export const foldOnGpu = webgpuKernel(Fold, ({ x }, attrs, gpu) => {
  const { rows, columns } = attrs;
  const channels = x.shape[2]! / (rows.kernel * columns.kernel);
  const y = gpu.allocate([x.shape[0]!, rows.size, columns.size, channels]);
  runElementwise(gpu, adding, product(y.shape), { inputs: { x }, outputs: { y }, uniforms: valuesOf(attrs, channels) });
  return y;
});
