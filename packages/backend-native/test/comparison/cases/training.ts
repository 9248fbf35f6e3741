import * as tf from '@tensorflow/tfjs-core';
import { kernels } from '@hourglass/core';
import { close, exact, type Case, type Draw, type Family, type Tensors } from '../case.js';

type Tensor = tf.Tensor;

/** (x - mean) / sqrt(variance + eps) times weight plus bias, and perhaps ReLU. */
function scaled(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  eps: number,
  { weight, bias }: Tensors,
  relu = false,
): Tensor {
  const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, eps)));
  const y = tf.add(tf.mul(normal, weight ?? 1), bias ?? 0);
  return relu ? tf.relu(y) : y;
}

const tolerance = { rtol: 1e-4, atol: 1e-4 };

function* cases(draw: Draw): Iterable<Case> {
  for (let i = 0; i < 16; i++) {
    const eps = 1e-3;
    const [rows, columns] = [draw.integer(1, 40), draw.pick([2, 3, 8, 17, 64, 100])];
    const weights = { weight: draw.given([columns], 'float32', [0.5, 2]), bias: draw.given([columns]) };
    const affine = i % 2 === 0 ? weights : {};
    const centre = draw.chance(0.5);
    yield {
      kernel: kernels.RowNorm.kernelName,
      inputs: { x: draw.given([rows, columns]), ...affine },
      attrs: { shape: [columns], eps, centre },
      tolerance,
      oracle: (inputs) => {
        const mean = centre ? tf.mean(inputs['x']!, 1, true) : tf.zeros([rows, 1]);
        const variance = tf.mean(tf.square(tf.sub(inputs['x']!, mean)), 1, true);
        const inverse = tf.rsqrt(tf.add(variance, eps));
        const y = scaled(inputs['x']!, mean, variance, eps, inputs);
        return [y, tf.reshape(mean, [rows]), tf.reshape(inverse, [rows])];
      },
    };
    const relu = draw.chance(0.5);
    const groups = draw.pick([1, columns]);
    const [batch, positions] = [draw.integer(1, 4), draw.integer(2, 20)];
    yield {
      kernel: kernels.GroupedNorm.kernelName,
      inputs: { x: draw.given([batch, positions, columns]), ...affine },
      attrs: { batch, groups, eps, relu },
      tolerance,
      oracle: (inputs) => {
        const x = tf.reshape(inputs['x']!, [batch, positions, groups, columns / groups]);
        const { mean, variance } = tf.moments(x, [1, 3], true);
        const normal = scaled(x, mean, variance, eps, {});
        const y = tf.add(
          tf.mul(tf.reshape(normal, [batch, positions, columns]), inputs['weight'] ?? 1),
          inputs['bias'] ?? 0,
        );
        return [relu ? tf.relu(y) : y, tf.reshape(mean, [batch, groups]), tf.reshape(variance, [batch, groups])];
      },
    };
    const statistics = { mean: draw.given([columns]), variance: draw.given([columns], 'float32', [0.1, 2]) };
    yield {
      kernel: kernels.FixedNorm.kernelName,
      inputs: { x: draw.given([1, positions, columns]), ...affine, ...statistics },
      attrs: { eps, relu },
      tolerance,
      oracle: (inputs) => scaled(inputs['x']!, inputs['mean']!, inputs['variance']!, eps, inputs, relu),
    };
    const shape = i === 0 ? [70001] : draw.shape();
    const [a, b] = [draw.given(shape), draw.given(shape)];
    const [scale, weight] = [1.5, 0.25];
    yield {
      kernel: kernels.MaskedScale.kernelName,
      inputs: { x: a, mask: draw.given(shape, 'bool') },
      attrs: { scale },
      tolerance: close,
      oracle: ({ x, mask }) => tf.mul(x!, tf.mul(tf.cast(mask!, 'float32'), scale)),
    };
    yield {
      kernel: kernels.AccumulateUpdate.kernelName,
      inputs: { sum: a, addend: b },
      tolerance: exact,
      consumes: true,
      oracle: ({ sum, addend }) => tf.add(sum!, addend!),
    };
    yield {
      kernel: kernels.AverageUpdate.kernelName,
      inputs: { average: a, target: b },
      attrs: { weight, scale },
      tolerance: close,
      consumes: true,
      oracle: ({ average, target }) => tf.add(average!, tf.mul(tf.sub(tf.mul(target!, scale), average!), weight)),
    };
  }
}

export default cases satisfies Family;
