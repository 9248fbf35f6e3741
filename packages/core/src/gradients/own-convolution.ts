import * as tf from '@tensorflow/tfjs-core';
import {
  convolution,
  convolutionFilterGradient,
  convolutionInputGradient,
  type ConvolutionAttributes,
  type ConvolutionFilterGradientAttributes,
  type ConvolutionInputGradientAttributes,
} from '../kernels/convolution-layer/spec.js';
import { gradient } from './define.js';
import { isSurelyWanted } from './wanted.js';

const inner = (x: tf.Tensor): number[] => x.shape.slice(1, -1);

const sumOfPixels = (dy: tf.Tensor): tf.Tensor => tf.sum(tf.reshape(dy, [-1, dy.shape.at(-1)!]), 0);

/** The only output of a kernel. */
const only = (outputs: tf.Tensor[]): tf.Tensor => outputs[0]!;

/** A bias's gradient that came with the filter's, until it is asked for. At most one: only where a gradient threw is it not. */
let waiting: tf.Tensor | null = null;

/** A filter's gradient, and the bias's in the same pass over dy; returns null for that where it cannot be had so. */
function withBias(
  x: tf.Tensor,
  dy: tf.Tensor,
  attrs: ConvolutionFilterGradientAttributes,
): [dfilter: tf.Tensor, dbias: tf.Tensor | null] {
  waiting?.dispose();
  waiting = null;
  // while a gradient is being differentiated itself, what is kept here would be lost to it
  if (!attrs.withBias || tf.engine().isTapeOn()) {
    return [only(convolutionFilterGradient.run({ x, dy }, { ...attrs, withBias: false })), null];
  }
  const [dfilter, dbias] = convolutionFilterGradient.run({ x, dy }, attrs) as [tf.Tensor, tf.Tensor];
  waiting = tf.keep(dbias);
  return [dfilter, dbias];
}

/** A convolution and its gradients are gradients of one another. */
export const ownConvolutionGradients: readonly tf.GradConfig[] = [
  gradient<ConvolutionAttributes>(
    convolution.kernelName,
    { values: ['x', 'filter'], shapes: ['bias'] },
    (dy, saved, attrs) => {
      const [x, filter, bias] = saved as [tf.Tensor, tf.Tensor, tf.Tensor | undefined];
      let dbias: tf.Tensor | null = null;
      const wantsBias = bias !== undefined && isSurelyWanted('bias');
      return {
        x: () => only(convolutionInputGradient.run({ dy, filter }, { ...attrs, sizes: inner(x) })),
        filter: () => {
          const kernel = filter.shape.slice(0, -2);
          const gradients = withBias(x, dy, { ...attrs, kernel, withBias: wantsBias });
          dbias = gradients[1];
          return gradients[0];
        },
        bias: () => {
          if (dbias === null || dbias !== waiting) return sumOfPixels(dy);
          const held = dbias;
          dbias = waiting = null;
          try {
            return tf.clone(held);
          } finally {
            held.dispose();
          }
        },
      };
    },
  ),
  gradient<ConvolutionInputGradientAttributes>(
    convolutionInputGradient.kernelName,
    { values: ['dy', 'filter'] },
    (ddx, saved, attrs) => {
      const [dy, filter] = saved as [tf.Tensor, tf.Tensor];
      return {
        dy: () => only(convolution.run({ x: ddx, filter }, { ...attrs, outputSizes: inner(dy) })),
        filter: () =>
          only(
            convolutionFilterGradient.run(
              { x: ddx, dy },
              { ...attrs, kernel: filter.shape.slice(0, -2), withBias: false },
            ),
          ),
        bias: () => sumOfPixels(ddx),
      };
    },
  ),
  gradient<ConvolutionFilterGradientAttributes>(
    convolutionFilterGradient.kernelName,
    { values: ['x', 'dy'] },
    (ddfilter, saved, attrs) => {
      const [x, dy] = saved as [tf.Tensor, tf.Tensor];
      return {
        x: () => only(convolutionInputGradient.run({ dy, filter: ddfilter }, { ...attrs, sizes: inner(x) })),
        dy: () => only(convolution.run({ x, filter: ddfilter }, { ...attrs, outputSizes: inner(dy) })),
      };
    },
  ),
];
