import * as tf from '@tensorflow/tfjs-core';
import { sumOf, type Case, type Draw, type Family } from '../case.js';

function* cases(draw: Draw): Iterable<Case> {
  for (let i = 0; i < 40; i++) {
    const channels = (): number => draw.pick([1, 2, 3, 4, 8, 17, 32]);
    const filter = [draw.integer(1, 4), draw.integer(1, 4), channels(), channels()] as const;
    const x = [draw.integer(1, 3), draw.integer(4, 12), draw.integer(4, 12), filter[2]] as const;
    const strides = [draw.integer(1, 3), draw.integer(1, 3)] as const;
    const dilations = [1, 1] as const;
    const pad = draw.pick(['valid', 'same'] as const);
    const attrs = { strides, dilations, pad, dataFormat: 'NHWC', dimRoundingMode: undefined };
    const info = tf.backend_util.computeConv2DInfo([...x], [...filter], [...strides], 1, pad);
    const tolerance = sumOf(filter[0] * filter[1] * filter[2], 16);
    const [picture, weights, dy] = [draw.given(x), draw.given(filter), draw.given(info.outShape)];
    yield { kernel: tf.Conv2D, inputs: { x: picture, filter: weights }, attrs, tolerance };
    yield {
      kernel: tf.Conv2DBackpropInput,
      inputs: { dy, filter: weights },
      attrs: { ...attrs, inputShape: x },
      tolerance: sumOf(filter[0] * filter[1] * filter[3], 16),
    };
    yield {
      kernel: tf.Conv2DBackpropFilter,
      inputs: { x: picture, dy },
      attrs: { ...attrs, filterShape: filter },
      tolerance: sumOf(info.outHeight * info.outWidth * x[0], 16),
    };
    const activation = draw.pick(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu']);
    const finish = { activation, leakyreluAlpha: 0.2 };
    yield {
      kernel: tf.FusedConv2D,
      inputs: { x: picture, filter: weights, bias: draw.given([filter[3]]) },
      attrs: { ...attrs, ...finish },
      tolerance,
    };
    const each = [filter[0], filter[1], filter[2], draw.integer(1, 4)] as const;
    // TFJS takes equal strides only
    const even = { ...attrs, strides: [strides[0], strides[0]] };
    const deep = tf.backend_util.computeConv2DInfo([...x], [...each], strides[0], 1, pad, undefined, true);
    const [kernels, slopes] = [draw.given(each), draw.given(deep.outShape)];
    const short = sumOf(16, 16);
    yield { kernel: tf.DepthwiseConv2dNative, inputs: { x: picture, filter: kernels }, attrs: even, tolerance: short };
    yield {
      kernel: tf.FusedDepthwiseConv2D,
      inputs: { x: picture, filter: kernels, bias: draw.given([deep.outChannels]) },
      attrs: { ...even, ...finish },
      tolerance: short,
    };
    yield {
      kernel: tf.DepthwiseConv2dNativeBackpropInput,
      inputs: { dy: slopes, filter: kernels },
      attrs: { ...even, inputShape: x },
      tolerance: sumOf(64, 16),
    };
    yield {
      kernel: tf.DepthwiseConv2dNativeBackpropFilter,
      inputs: { x: picture, dy: slopes },
      attrs: { ...even, filterShape: each },
      tolerance: sumOf(400, 16),
    };
    if (i % 3 !== 0) continue;
    const filter3 = [
      draw.integer(1, 3),
      draw.integer(1, 3),
      draw.integer(1, 3),
      draw.integer(1, 5),
      draw.integer(1, 5),
    ] as const;
    const x3 = [draw.integer(1, 3), draw.integer(3, 6), draw.integer(3, 6), draw.integer(3, 6), filter3[3]] as const;
    const strides3 = [1, draw.integer(1, 3), draw.integer(1, 3)] as const;
    const attrs3 = { strides: strides3, dilations: [1, 1, 1], pad, dataFormat: 'NDHWC' };
    const info3 = tf.backend_util.computeConv3DInfo([...x3], [...filter3], [...strides3], 1, pad);
    const [volume, weights3, dy3] = [draw.given(x3), draw.given(filter3), draw.given(info3.outShape)];
    yield { kernel: tf.Conv3D, inputs: { x: volume, filter: weights3 }, attrs: attrs3, tolerance: sumOf(200, 16) };
    yield {
      kernel: tf.Conv3DBackpropInputV2,
      inputs: { dy: dy3, filter: weights3 },
      attrs: { ...attrs3, inputShape: x3 },
      tolerance: sumOf(200, 16),
    };
    yield {
      kernel: tf.Conv3DBackpropFilterV2,
      inputs: { x: volume, dy: dy3 },
      attrs: { ...attrs3, filterShape: filter3 },
      tolerance: sumOf(400, 16),
    };
  }
}

export default cases satisfies Family;
