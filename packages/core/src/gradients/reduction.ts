import * as tf from '@tensorflow/tfjs-core';
import { ExtremeGrad } from '../kernels/extreme-grad/spec.js';
import { expandTo, float, keptShape, parseAxes } from './broadcast.js';
import { gradient, shapeOf } from './define.js';

/** Max and Min share their gradient evenly between the elements that attain the extreme, as torch.amax does. */
function extreme(kernelName: string): tf.GradConfig {
  type Attributes = Partial<tf.MaxAttrs & tf.MinAttrs>;
  return gradient<Attributes>(kernelName, { values: ['x'], output: true }, (dy, [x, y], attrs) => ({
    x: () => {
      // TFJS gives the two kernels different names for the same attribute
      const axes = parseAxes(attrs.reductionIndices ?? attrs.axis, x!.shape);
      const [first, end] = [Math.min(...axes), Math.max(...axes) + 1];
      if (x!.dtype === 'float32' && axes.length > 0 && end - first === axes.length) {
        return ExtremeGrad.run({ x: x!, y: y!, dy }, { axes: [first, end] })[0]!;
      }
      const kept = keptShape(x!.shape, axes);
      const attains = tf.cast(tf.equal(x!, tf.reshape(y!, kept)), 'float32');
      return tf.mul(attains, tf.div(tf.reshape(dy, kept), tf.sum(attains, axes, true)));
    },
  }));
}

/** An index or truth value does not change with a small change of x. */
function flat(kernelName: string): tf.GradConfig {
  return gradient(kernelName, { shapes: ['x'] }, (_, [x]) => ({ x: () => tf.zeros(shapeOf(x!)) }));
}

/** Product over `axes` of everything but the element itself, right also where some elements are 0. */
function productOfOthers(x: tf.Tensor, axes: number[]): tf.Tensor {
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...rest, ...axes];
  const moved = tf.transpose(x, order);
  const flatShape = [...rest.map((axis) => x.shape[axis]!), -1];
  const row = tf.reshape(moved, flatShape);
  const others = tf.mul(tf.cumprod(row, rest.length, true, false), tf.cumprod(row, rest.length, true, true));
  const undo = order.map((_, axis) => order.indexOf(axis));
  return tf.transpose(tf.reshape(others, moved.shape), undo);
}

/**
 * d cumprod / d x for an inclusive running product along axis 0 from the front: x's left neighbours' product times
 * s(i) = dy(i) + x(i + 1) s(i + 1), without a division, so that zeros in x do no harm.
 */
function runningProductGradient(x: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  const [factors, upstream] = [tf.unstack(x), tf.unstack(dy)];
  const sums: tf.Tensor[] = [];
  for (let i = factors.length - 1; i >= 0; i--) {
    sums.unshift(sums.length === 0 ? upstream[i]! : tf.add(upstream[i]!, tf.mul(factors[i + 1]!, sums[0]!)));
  }
  return tf.mul(tf.cumprod(x, 0, true), tf.stack(sums));
}

/** Reductions and running sums. */
export const reductionGradients: readonly tf.GradConfig[] = [
  gradient<tf.SumAttrs>(tf.Sum, { shapes: ['x'] }, (dy, [x], { axis }) => ({
    x: () => {
      const shape = shapeOf(x!);
      return expandTo(tf.reshape(dy, keptShape(shape, parseAxes(axis, shape))), shape);
    },
  })),
  gradient<tf.MeanAttrs>(tf.Mean, { shapes: ['x'] }, (dy, [x], { axis }) => ({
    x: () => {
      const shape = shapeOf(x!);
      const axes = parseAxes(axis, shape);
      const count = axes.reduce((n, a) => n * shape[a]!, 1);
      return expandTo(tf.reshape(tf.mul(dy, 1 / count), keptShape(shape, axes)), shape);
    },
  })),
  extreme(tf.Max),
  extreme(tf.Min),
  gradient<tf.ProdAttrs>(tf.Prod, { values: ['x'] }, (dy, [x], { axis }) => ({
    x: () => {
      const axes = parseAxes(axis, x!.shape);
      return tf.mul(productOfOthers(float(x!), axes), tf.reshape(dy, keptShape(x!.shape, axes)));
    },
  })),
  gradient<tf.CumsumAttrs>(tf.Cumsum, {}, (dy, _, { axis, exclusive, reverse }) => ({
    x: () => tf.cumsum(dy, axis, exclusive, !reverse),
  })),
  gradient<tf.CumprodAttrs>(tf.Cumprod, { values: ['x'] }, (dy, [x], { axis, exclusive, reverse }) => ({
    x: () => {
      const at = parseAxes(axis, x!.shape)[0]!;
      // [length, …], from the front
      const order = [at, ...x!.shape.map((_, d) => d).filter((d) => d !== at)];
      const turn = (t: tf.Tensor): tf.Tensor => (reverse ? tf.reverse(t, 0) : t);
      const bring = (t: tf.Tensor): tf.Tensor => turn(tf.transpose(t, order));
      let upstream = bring(dy);
      if (exclusive) {
        // the exclusive product at i is the inclusive one at i - 1
        const none: [number, number][] = order.slice(1).map(() => [0, 0]);
        upstream = tf.pad(tf.slice(upstream, 1), [[0, 1], ...none]);
      }
      const undo = order.map((_, d) => order.indexOf(d));
      return tf.transpose(turn(runningProductGradient(bring(float(x!)), upstream)), undo);
    },
  })),
  ...[tf.ArgMax, tf.ArgMin, tf.All, tf.Any].map(flat),
];
