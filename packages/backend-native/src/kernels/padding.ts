import * as tf from '@tensorflow/tfjs-core';
import { kernel, type NativeKernel } from '../kernel.js';
import { bytesOf } from '../memory/native-data.js';
import { bits } from './fill.js';
import { isMovable } from './strided.js';

/** What the C++ keeps on its stack. */
const maximumRank = 16;

function axesOf(x: tf.TensorInfo, paddings: ReadonlyArray<readonly [number, number]>): number[] {
  return paddings.flatMap(([before, after], axis) => [x.shape[axis]!, before, after]);
}

const outer = (x: tf.TensorInfo, paddings: ReadonlyArray<readonly [number, number]>): number[] =>
  paddings.map(([before, after], axis) => before + x.shape[axis]! + after);

/** Kernels that add borders. */
export const paddingKernels: readonly NativeKernel[] = [
  kernel<tf.PadV2Attrs>(tf.PadV2, (backend, { x }, { paddings, constantValue }) => {
    const crops = paddings.some(([before, after]) => before < 0 || after < 0);
    if (!isMovable(x!) || crops || paddings.length > maximumRank) return null;
    if (paddings.every(([before, after]) => before === 0 && after === 0)) return backend.share(x!, x!.shape);
    const from = backend.address(x!);
    const out = backend.output(outer(x!, paddings), x!.dtype);
    backend.call(
      'pad',
      backend.address(out),
      from,
      bytesOf[x!.dtype],
      bits(constantValue, x!.dtype),
      paddings.length,
      ...axesOf(x!, paddings),
    );
    return out;
  }),
  kernel<tf.MirrorPadAttrs>(tf.MirrorPad, (backend, { x }, { paddings, mode }) => {
    const skip = mode === 'reflect' ? 1 : 0;
    // a border wider than what it mirrors has no meaning; TFJS's operation refuses it
    const fits = paddings.every(([before, after], axis) => {
      const most = x!.shape[axis]! - skip;
      return before >= 0 && after >= 0 && ((before === 0 && after === 0) || Math.max(before, after) <= most);
    });
    if (!isMovable(x!) || !fits || paddings.length > maximumRank) return null;
    const from = backend.address(x!);
    const out = backend.output(outer(x!, paddings), x!.dtype);
    backend.call(
      'mirror_pad',
      backend.address(out),
      from,
      bytesOf[x!.dtype],
      skip,
      paddings.length,
      ...axesOf(x!, paddings),
    );
    return out;
  }),
];
