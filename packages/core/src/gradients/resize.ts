import * as tf from '@tensorflow/tfjs-core';
import { gradient, runKernel, shapeOf } from './define.js';

/** A resize is linear in the image: the gradient of its gradient is the resize again. */
function resize(forward: string, backward: string): tf.GradConfig[] {
  return [
    gradient<tf.ResizeBilinearAttrs>(forward, { values: ['images'] }, (dy, [images], attrs) => ({
      images: () => runKernel(backward, { images: images!, dy }, { ...attrs }),
    })),
    gradient<tf.ResizeBilinearAttrs>(backward, { shapes: ['images', 'dy'] }, (ddx, [images, dy], attrs) => ({
      images: () => tf.zeros(shapeOf(images!)),
      dy: () => runKernel(forward, { images: ddx }, { ...attrs, size: shapeOf(dy!).slice(1, 3) }),
    })),
  ];
}

export const resizeGradients: readonly tf.GradConfig[] = [
  ...resize(tf.ResizeBilinear, tf.ResizeBilinearGrad),
  ...resize(tf.ResizeNearestNeighbor, tf.ResizeNearestNeighborGrad),
];
