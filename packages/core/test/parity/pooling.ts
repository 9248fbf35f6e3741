import type * as tf from '@tensorflow/tfjs-core';
import { functional } from '@hourglass/core';
import { opAdapter, type NamedTensors, type ParityCase, type Runnable } from '@hourglass/core/testing';
import { camelCase, channelsFirst, channelsLast } from './reference-layout.js';

type Pool = (x: tf.Tensor, options: never) => tf.Tensor;
type PoolWithIndices = (x: tf.Tensor, options: never) => functional.Maxima;

/** A pooling whose arguments are options; with indices where the reference saved them. */
function pool(fn: Pool, withIndices?: PoolWithIndices): (parityCase: ParityCase) => Runnable {
  return ({ args, outputs }) => {
    const options = camelCase(args) as never;
    return {
      forward({ x }): NamedTensors {
        if (withIndices === undefined || !outputs.has('indices'))
          return { y: channelsFirst(fn(channelsLast(x!), options)) };
        const { values, indices } = withIndices(channelsLast(x!), options);
        return { y: channelsFirst(values), indices: channelsFirst(indices) };
      },
    };
  };
}

function adaptive(fn: Pool, withIndices?: PoolWithIndices): (parityCase: ParityCase) => Runnable {
  const size = (options: never): never => (options as { outputSize: never }).outputSize;
  return pool((x, options) => fn(x, size(options)), withIndices && ((x, options) => withIndices(x, size(options))));
}

function lp(fn: typeof functional.lpPool2d): (parityCase: ParityCase) => Runnable {
  return pool((x, options) => fn(x, (options as { normType: number }).normType, options));
}

/** x is pooled and unpooled again to its own size. */
function unpool(withIndices: PoolWithIndices): (parityCase: ParityCase) => Runnable {
  return ({ args }) => ({
    forward({ x }): NamedTensors {
      const { values, indices } = withIndices(channelsLast(x!), camelCase(args) as never);
      return { y: channelsFirst(functional.maxUnpool(values, indices, x!.shape.slice(2))) };
    },
  });
}

const f = functional;

export const adapters = [
  opAdapter({
    max_pool1d: pool(f.maxPool1d, f.maxPool1dWithIndices),
    max_pool2d: pool(f.maxPool2d, f.maxPool2dWithIndices),
    max_pool3d: pool(f.maxPool3d, f.maxPool3dWithIndices),
    avg_pool1d: pool(f.avgPool1d),
    avg_pool2d: pool(f.avgPool2d),
    avg_pool3d: pool(f.avgPool3d),
    lp_pool1d: lp(f.lpPool1d),
    lp_pool2d: lp(f.lpPool2d),
    lp_pool3d: lp(f.lpPool3d),
    adaptive_avg_pool1d: adaptive(f.adaptiveAvgPool1d),
    adaptive_avg_pool2d: adaptive(f.adaptiveAvgPool2d),
    adaptive_avg_pool3d: adaptive(f.adaptiveAvgPool3d),
    adaptive_max_pool1d: adaptive(f.adaptiveMaxPool1d, f.adaptiveMaxPool1dWithIndices),
    adaptive_max_pool2d: adaptive(f.adaptiveMaxPool2d, f.adaptiveMaxPool2dWithIndices),
    adaptive_max_pool3d: adaptive(f.adaptiveMaxPool3d, f.adaptiveMaxPool3dWithIndices),
    max_unpool1d: unpool(f.maxPool1dWithIndices),
    max_unpool2d: unpool(f.maxPool2dWithIndices),
    max_unpool3d: unpool(f.maxPool3dWithIndices),
  }),
];
