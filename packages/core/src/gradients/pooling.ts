import * as tf from '@tensorflow/tfjs-core';
import { gradient, runKernel, shapeOf } from './define.js';

/** Pooling, and the second derivative of average pooling, which is linear. */
export const poolingGradients: readonly tf.GradConfig[] = [
  gradient<tf.MaxPoolAttrs>(tf.MaxPool, { values: ['x'], output: true }, (dy, [x, y], attrs) => ({
    x: () => runKernel(tf.MaxPoolGrad, { dy, input: x!, output: y! }, { ...attrs }),
  })),
  gradient<tf.MaxPool3DAttrs>(tf.MaxPool3D, { values: ['x'], output: true }, (dy, [x, y], attrs) => ({
    x: () => runKernel(tf.MaxPool3DGrad, { dy, input: x!, output: y! }, { ...attrs }),
  })),
  gradient<tf.AvgPoolAttrs>(tf.AvgPool, { values: ['x'] }, (dy, [x], attrs) => ({
    x: () => runKernel(tf.AvgPoolGrad, { dy, input: x! }, { ...attrs }),
  })),
  gradient<tf.AvgPool3DAttrs>(tf.AvgPool3D, { values: ['x'] }, (dy, [x], attrs) => ({
    x: () => runKernel(tf.AvgPool3DGrad, { dy, input: x! }, { ...attrs }),
  })),
  gradient<tf.AvgPoolGradAttrs>(tf.AvgPoolGrad, { shapes: ['input'] }, (ddx, [input], attrs) => ({
    dy: () => runKernel(tf.AvgPool, { x: ddx }, { ...attrs }),
    input: () => tf.zeros(shapeOf(input!)),
  })),
];
