import { webgpuKernel } from '../../webgpu/kernel.js';
import { sumOfRows } from '../../webgpu/snippets/block-sums.js';
import { runFilterGradient } from './filter-gradient.js';
import { runConvolution } from './implicit-product.js';
import { outputsOf } from './reference.js';
import { convolution, convolutionFilterGradient, convolutionInputGradient } from './spec.js';
import { sweepOf } from './sweep.js';

export const convolutionOnGpu = webgpuKernel(convolution, ({ x, filter, bias }, attrs, gpu) => {
  const kernel = filter.shape.slice(0, -2);
  const outputs = attrs.outputSizes ?? outputsOf(x, kernel, attrs);
  const y = gpu.allocate([x.shape[0]!, ...outputs, filter.shape.at(-1)!]);
  runConvolution(gpu, sweepOf(x.shape, y.shape, kernel, attrs), false, { source: x, filter, bias, y });
  return y;
});

export const convolutionInputGradientOnGpu = webgpuKernel(
  convolutionInputGradient,
  ({ dy, filter, bias }, attrs, gpu) => {
    const y = gpu.allocate([dy.shape[0]!, ...attrs.sizes, filter.shape.at(-2)! * attrs.groups]);
    const sweep = sweepOf(y.shape, dy.shape, filter.shape.slice(0, -2), attrs);
    runConvolution(gpu, sweep, true, { source: dy, filter, bias, y });
    return y;
  },
);

export const convolutionFilterGradientOnGpu = webgpuKernel(convolutionFilterGradient, ({ x, dy }, attrs, gpu) => {
  const out = dy.shape.at(-1)!;
  const dfilter = gpu.allocate([...attrs.kernel, x.shape.at(-1)! / attrs.groups, out]);
  const sweep = sweepOf(x.shape, dy.shape, attrs.kernel, attrs);
  runFilterGradient(gpu, sweep, x, dy, dfilter);
  if (!attrs.withBias) return dfilter;
  return [dfilter, sumOfRows(gpu, dy, sweep.batch * sweep.outputs.reduce((n, size) => n * size, 1), out)];
});
