import * as tf from '@tensorflow/tfjs-core';
import { kernelCase } from '../../kernels.js';
import type { Case, Workload } from '../../workload.js';

/** [batch, size, channels in, kernel, stride, channels out]; padded so that stride 1 keeps the size. */
const shapes = [
  [8, 56, 64, 3, 1, 64],
  [4, 128, 32, 3, 1, 32],
  [8, 28, 128, 3, 1, 128],
  [4, 16, 256, 3, 1, 256],
  [8, 56, 64, 1, 1, 256],
  [4, 128, 3, 3, 1, 32],
  [4, 224, 3, 7, 2, 64],
  [8, 56, 64, 3, 2, 128],
] as const;

function casesOf([batch, size, inner, kernel, stride, outer]: (typeof shapes)[number]): Array<[string, Case]> {
  const before = (kernel - 1) / 2;
  const outputSize = Math.floor((size + 2 * before - kernel) / stride) + 1;
  const x = [batch, size, size, inner];
  const filter = [kernel, kernel, inner, outer];
  const dy = [batch, outputSize, outputSize, outer];
  const name = `${batch}x${size}x${size}x${inner} ${kernel}x${kernel}${stride === 1 ? '' : `/${stride}`} to ${outer}`;
  const sides = [before, before];
  const pad = [[0, 0], sides, sides, [0, 0]];
  const options = { strides: [stride, stride], pad, dataFormat: 'NHWC', dilations: [1, 1] };
  return [
    [`${name}: forward`, kernelCase(tf.Conv2D, { x, filter }, options)],
    [`${name}: input gradient`, kernelCase(tf.Conv2DBackpropInput, { dy, filter }, { ...options, inputShape: x })],
    [`${name}: filter gradient`, kernelCase(tf.Conv2DBackpropFilter, { x, dy }, { ...options, filterShape: filter })],
  ];
}

export const workload: Workload = {
  description:
    'single convolutions and their gradients, batch x height x width x channels, kernel/stride, channels out',
  cases: Object.fromEntries(shapes.flatMap(casesOf)),
};
