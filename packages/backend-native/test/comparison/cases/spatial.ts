import * as tf from '@tensorflow/tfjs-core';
import { close, exact, sumOf, type Case, type Draw, type Family } from '../case.js';

function* pools(draw: Draw): Iterable<Case> {
  const filterSize = [draw.integer(1, 4), draw.integer(1, 4)] as [number, number];
  const strides = [draw.integer(1, 3), draw.integer(1, 3)] as [number, number];
  const pad = draw.pick(['valid', 'same'] as const);
  const attrs = { filterSize, strides, pad };
  const shape = [draw.integer(1, 3), draw.integer(4, 9), draw.integer(4, 9), draw.pick([1, 3, 4, 16, 19])] as const;
  const info = tf.backend_util.computePool2DInfo([...shape], filterSize, strides, 1, pad);
  const [x, dy] = [draw.given(shape), draw.given(info.outShape)];
  yield { kernel: tf.MaxPool, inputs: { x }, attrs, tolerance: exact };
  yield { kernel: tf.AvgPool, inputs: { x }, attrs, tolerance: close };
  yield { kernel: tf.AvgPoolGrad, inputs: { dy, input: x }, attrs, tolerance: sumOf(16, 4) };
  const output = draw.given(info.outShape);
  yield { kernel: tf.MaxPoolGrad, inputs: { dy, input: x, output }, attrs, tolerance: sumOf(16, 4) };
  yield {
    kernel: tf.MaxPoolWithArgmax,
    inputs: { x },
    attrs: { ...attrs, includeBatchInIndex: draw.chance(0.5) },
    tolerance: exact,
  };
  const size3 = [draw.integer(1, 3), ...filterSize] as [number, number, number];
  // TFJS pads by negative numbers where a stride is larger than its window
  const strides3 = [1, Math.min(strides[0], filterSize[0]), Math.min(strides[1], filterSize[1])] as [
    number,
    number,
    number,
  ];
  const attrs3 = { filterSize: size3, strides: strides3, pad, dataFormat: 'NDHWC' as const };
  const shape3 = [shape[0], 3, shape[1], shape[2], shape[3]] as const;
  const info3 = tf.backend_util.computePool3DInfo([...shape3], size3, strides3, 1, pad);
  const [x3, dy3] = [draw.given(shape3), draw.given(info3.outShape)];
  yield { kernel: tf.MaxPool3D, inputs: { x: x3 }, attrs: attrs3, tolerance: exact };
  yield { kernel: tf.AvgPool3D, inputs: { x: x3 }, attrs: attrs3, tolerance: close };
  yield { kernel: tf.AvgPool3DGrad, inputs: { dy: dy3, input: x3 }, attrs: attrs3, tolerance: sumOf(27, 4) };
  const output3 = draw.given(info3.outShape);
  yield {
    kernel: tf.MaxPool3DGrad,
    inputs: { dy: dy3, input: x3, output: output3 },
    attrs: attrs3,
    tolerance: sumOf(27, 4),
  };
}

function* cases(draw: Draw): Iterable<Case> {
  for (let i = 0; i < 20; i++) {
    yield* pools(draw);
    const [from, to] = [draw, draw].map((d) => [d.integer(1, 12), d.integer(1, 12)] as const) as [
      readonly [number, number],
      readonly [number, number],
    ];
    const response = { depthRadius: draw.integer(0, 6), bias: 1.5, alpha: 0.3, beta: 0.75 };
    const picture = [draw.integer(1, 3), draw.integer(1, 5), draw.integer(1, 5), draw.pick([1, 3, 17])];
    const [x, y, dy0] = [draw.given(picture), draw.given(picture), draw.given(picture)];
    yield { kernel: tf.LRN, inputs: { x }, attrs: response, tolerance: sumOf(13, 4) };
    yield { kernel: tf.LRNGrad, inputs: { x, y, dy: dy0 }, attrs: response, tolerance: sumOf(13, 16) };
    const alignCorners = draw.chance(0.3);
    const attrs = { alignCorners, halfPixelCenters: !alignCorners && draw.chance(0.5), size: to };
    const [batch, channels] = [draw.integer(1, 3), draw.pick([1, 3, 8, 17])];
    const images = draw.given([batch, ...from, channels]);
    const dy = draw.given([batch, ...to, channels]);
    for (const [kernel, gradient] of [
      [tf.ResizeBilinear, tf.ResizeBilinearGrad],
      [tf.ResizeNearestNeighbor, tf.ResizeNearestNeighborGrad],
    ] as const) {
      yield { kernel, inputs: { images }, attrs, tolerance: { rtol: 1e-5, atol: 1e-5 } };
      if (attrs.halfPixelCenters) continue;
      yield { kernel: gradient, inputs: { images, dy }, attrs: { alignCorners }, tolerance: sumOf(100, 4) };
    }
  }
}

export default cases satisfies Family;
