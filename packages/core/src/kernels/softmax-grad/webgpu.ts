import * as tf from '@tensorflow/tfjs-core';
import { rowLanes, rowSum } from '../../webgpu/snippets/row-sum.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { LogSoftmaxGrad, SoftmaxGrad } from './spec.js';

const shader: Shader<{ LOG: boolean; LANES: 1 | 64 }> = {
  name: 'softmax-grad',
  workgroup: 64,
  uniforms: { rows: 'u32', width: 'u32' },
  code: ({ LOG, LANES }) => `${rowSum(LANES)}
fn compute(group: vec3u, local: u32) {
  let row = group.x * ${64 / LANES}u + local / ${LANES}u;
  let start = row * uniforms.width;
  let end = select(start, start + uniforms.width, row < uniforms.rows);
  var part = 0.0;
  for (var i = start + local % ${LANES}u; i < end; i += ${LANES}u) { part += dy[i]${LOG ? '' : ' * y[i]'}; }
  let total = sum_of_row(part, local);
  for (var i = start + local % ${LANES}u; i < end; i += ${LANES}u) {
    dx[i] = ${LOG ? 'dy[i] - exp(y[i]) * total' : 'y[i] * (dy[i] - total)'};
  }
}`,
};

const version = (LOG: boolean) =>
  webgpuKernel(LOG ? LogSoftmaxGrad : SoftmaxGrad, ({ dy, y }, _, gpu) => {
    const dx = gpu.allocate(y.shape);
    const size = tf.util.sizeFromShape(y.shape);
    const width = y.shape.at(-1) ?? 1;
    const rows = size === 0 ? 0 : size / width;
    const LANES = rowLanes(width);
    gpu.run(shader, {
      inputs: { dy, y },
      outputs: { dx },
      uniforms: { rows, width },
      constants: { LOG, LANES },
      groups: [Math.ceil(rows / (64 / LANES))],
    });
    return dx;
  });

export const softmaxGradOnGpu = version(false);
export const logSoftmaxGradOnGpu = version(true);
