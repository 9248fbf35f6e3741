import * as tf from '@tensorflow/tfjs-core';
import { elementwiseShader, runElementwise } from '../../webgpu/elementwise.js';
import { webgpuKernel } from '../../webgpu/kernel.js';
import type { Shader } from '../../webgpu/shader.js';
import { columnLanes, columnSum } from '../../webgpu/snippets/column-sum.js';
import { groupSum } from '../../webgpu/snippets/group-sum.js';
import { Snake, SnakeGrad } from './spec.js';

type Form = { LOG: boolean; BETA: boolean };

/** WGSL of `rate_of` and `divisor_of` a channel, and of `products_of`: sin² and sin · cos of an angle. */
const functions = ({ LOG, BETA }: Form): string => `
fn natural(value: f32) -> f32 { return ${LOG ? 'precise_exp(value)' : 'value'}; }
fn rate_of(channel: u32) -> f32 { return natural(alpha[min(channel, uniforms.alphas - 1u)]); }
fn divisor_of(channel: u32) -> f32 {
  return ${BETA ? 'natural(beta[min(channel, uniforms.betas - 1u)])' : 'rate_of(channel)'} + uniforms.eps;
}
fn products_of(angle: f32) -> vec2f {
  if (is_nan(angle) || is_infinite(angle)) { return vec2f(not_a_number()); }
  let turned = quarter_turns(angle);
  let odd = (i32(turned.y) & 1) == 1;
  let s = sin_near_zero(turned.x);
  let c = cos_near_zero(turned.x);
  // the two change places, and one its sign, with each quarter
  return select(vec2f(s * s, s * c), vec2f(c * c, -s * c), odd);
}`;

const ofForm = { alphas: 'u32', betas: 'u32', eps: 'f32' } as const;

const forward = elementwiseShader<Form>({
  name: 'snake',
  uniforms: { channels: 'u32', ...ofForm },
  declarations: functions,
  body: `
  let channel = i % uniforms.channels;
  y[i] = x[i] + products_of(rate_of(channel) * x[i]).x / divisor_of(channel);`,
});

const threads = 64;

/** dx, and the sums of dy x sin cos and of dy sin² over blocks of positions. */
const backward: Shader<Form> = {
  name: 'snake-grad',
  workgroup: threads,
  uniforms: { positions: 'u32', channels: 'u32', block: 'u32', lanes: 'u32', ...ofForm },
  code: (constants) => `${columnSum(threads)}${functions(constants)}
fn compute(group: vec3u, local: u32) {
  let channel = group.x * uniforms.lanes + local % uniforms.lanes;
  let inside = channel < uniforms.channels;
  let first = group.y * uniforms.block + local / uniforms.lanes;
  let end = select(0u, min((group.y + 1u) * uniforms.block, uniforms.positions), inside);
  let rate = rate_of(channel);
  let divisor = divisor_of(channel);
  var sum_of_products = 0.0;
  var sum_of_squares = 0.0;
  for (var p = first; p < end; p += ${threads}u / uniforms.lanes) {
    let i = p * uniforms.channels + channel;
    let found = products_of(rate * x[i]);
    let g = dy[i];
    dx[i] = g * (2.0 * rate * found.y / divisor + 1.0);
    sum_of_products += g * x[i] * found.y;
    sum_of_squares += g * found.x;
  }
  let of_products = sum_of_column(sum_of_products, local, uniforms.lanes);
  let of_squares = sum_of_column(sum_of_squares, local, uniforms.lanes);
  if (local < uniforms.lanes && inside) {
    products[group.y * uniforms.channels + channel] = of_products;
    squares[group.y * uniforms.channels + channel] = of_squares;
  }
}`,
};

/** A workgroup for each value of a parameter adds the blocks of its channels, all of them or one. */
const ofParameter: Shader<Form & { OF_BETA: boolean }> = {
  name: 'snake-grad-parameter',
  workgroup: threads,
  uniforms: { channels: 'u32', blocks: 'u32', shared_channels: 'u32', ...ofForm },
  code: (constants) => `${groupSum(threads)}${functions(constants)}
fn compute(group: vec3u, local: u32) {
  var total = 0.0;
  for (var item = local; item < uniforms.blocks * uniforms.shared_channels; item += ${threads}u) {
    let channel = group.x + item % uniforms.shared_channels;
    let at = item / uniforms.shared_channels * uniforms.channels + channel;
    let divisor = divisor_of(channel);
    let by_beta = -squares[at] / (divisor * divisor);
    total += ${constants.OF_BETA ? 'by_beta' : `2.0 * products[at] / divisor${constants.BETA ? '' : ' + by_beta'}`};
  }
  let sum = sum_of_group(total, local);
  if (local == 0u) {
    d[group.x] = sum${constants.LOG ? (constants.OF_BETA ? ' * (divisor_of(group.x) - uniforms.eps)' : ' * rate_of(group.x)') : ''};
  }
}`,
};

const sizeOf = ({ shape }: tf.TensorInfo): number => tf.util.sizeFromShape(shape);

export const snakeOnGpu = webgpuKernel(Snake, ({ x, alpha, beta }, { logScale, eps }, gpu) => {
  const y = gpu.allocate(x.shape);
  const constants = { LOG: logScale, BETA: beta != null };
  const parameters = { alphas: sizeOf(alpha), betas: sizeOf(beta ?? alpha), eps };
  runElementwise(gpu, forward, sizeOf(x), {
    inputs: { x, alpha, beta },
    outputs: { y },
    uniforms: { channels: x.shape.at(-1) ?? 1, ...parameters },
    constants,
  });
  return y;
});

export const snakeGradOnGpu = webgpuKernel(SnakeGrad, ({ x, alpha, beta, dy }, { logScale, eps }, gpu) => {
  const channels = x.shape.at(-1) ?? 1;
  const positions = channels === 0 ? 0 : sizeOf(x) / channels;
  const constants = { LOG: logScale, BETA: beta != null };
  const parameters = { alphas: sizeOf(alpha), betas: sizeOf(beta ?? alpha), eps };
  const lanes = columnLanes(channels, threads);
  const block = Math.max(64, Math.ceil(Math.sqrt(positions)));
  const blocks = Math.ceil(positions / block);
  const partial = (): tf.TensorInfo => gpu.scratch([Math.max(1, blocks), Math.max(1, channels)]);
  const [dx, products, squares] = [gpu.allocate(x.shape), partial(), partial()];
  gpu.run(backward, {
    inputs: { x, dy, alpha, beta },
    outputs: { dx, products, squares },
    uniforms: { positions, channels, block, lanes, ...parameters },
    constants,
    groups: [Math.ceil(channels / lanes), blocks],
  });
  const gradientOf = (parameter: tf.TensorInfo, ofBeta: boolean): tf.TensorInfo => {
    const d = gpu.allocate(parameter.shape);
    const values = sizeOf(parameter);
    gpu.run(ofParameter, {
      inputs: { products, squares, alpha, beta },
      outputs: { d },
      uniforms: { channels, blocks, shared_channels: values === 1 ? channels : 1, ...parameters },
      constants: { ...constants, OF_BETA: ofBeta },
      groups: [values],
    });
    return d;
  };
  return [dx, gradientOf(alpha, false), ...(beta == null ? [] : [gradientOf(beta, true)])];
});
