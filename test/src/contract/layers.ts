import type { kernels } from '@hourglass/core';
import type { Draw } from '@hourglass/core/testing';

/** A convolution that the contract tries. */
export interface ConvolutionLayer {
  readonly label: string;
  readonly batch: number;
  readonly sizes: readonly number[];
  readonly outputs: readonly number[];
  readonly kernel: readonly number[];
  /** Channels of a group. */
  readonly cin: number;
  readonly cout: number;
  readonly geometry: kernels.ConvolutionGeometry;
  /** Whether the padding alone says how many outputs there are. */
  readonly exact: boolean;
}

type Axis = readonly [size: number, kernel: number, stride: number, dilation: number, before: number, after: number];

function layer(label: string, batch: number, axes: readonly Axis[], cin: number, cout: number, groups = 1, less = 0) {
  const outputs = axes.map(([size, kernel, stride, dilation, before, after]) => {
    return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1 - less;
  });
  const geometry = {
    stride: axes.map((axis) => axis[2]),
    dilation: axes.map((axis) => axis[3]),
    padding: axes.map(([, , , , before, after]): [number, number] => [before, after]),
    groups,
  };
  const [sizes, kernel] = [axes.map((axis) => axis[0]), axes.map((axis) => axis[1])];
  return { label, batch, sizes, outputs, kernel, cin, cout, geometry, exact: less === 0 };
}

/** Convolutions of one to three axes: causal, strided and dilated in every way, grouped, depthwise, tiny, and with none to do. */
export function* layers(draw: Draw): Generator<ConvolutionLayer> {
  yield layer('one number', 1, [[1, 1, 1, 1, 0, 0]], 1, 1);
  yield layer('no batch', 0, [[5, 3, 1, 1, 1, 1]], 2, 3);
  yield layer('causal', 2, [[33, 4, 1, 3, 9, 0]], 5, 7);
  yield layer('causal, strided', 2, [[37, 7, 4, 1, 3, 0]], 3, 20);
  yield layer('many terms', 1, [[3, 5, 1, 1, 2, 2]], 210, 33);
  yield layer('several tiles', 2, [[40, 3, 1, 1, 1, 1]], 24, 66);
  yield layer('several narrow tiles', 1, [[530, 3, 2, 1, 1, 1]], 2, 3);
  yield layer('fewer outputs than there are', 1, [[14, 3, 2, 1, 4, 4]], 2, 3, 1, 1);
  yield layer('gaps between the windows', 1, [[19, 2, 5, 2, 1, 2]], 2, 3);
  yield layer('all padding', 1, [[1, 3, 2, 2, 5, 4]], 2, 2);
  yield layer('picture', 2, [[9, 3, 2, 1, 1, 1], [11, 5, 1, 2, 4, 3]], 3, 18); // prettier-ignore
  yield layer('depthwise', 2, [[7, 3, 2, 1, 1, 0], [9, 3, 1, 2, 2, 2]], 1, 2, 5); // prettier-ignore
  yield layer('groups', 1, [[6, 2, 1, 1, 0, 1], [5, 3, 3, 1, 2, 0]], 3, 17, 2); // prettier-ignore
  yield layer('volume', 1, [[4, 2, 2, 1, 1, 0], [5, 3, 1, 1, 1, 1], [3, 2, 1, 2, 1, 1]], 2, 3); // prettier-ignore
  for (let i = 0; i < 6; i++) {
    const [kernel, stride, dilation] = [draw.integer(1, 6), draw.integer(1, 5), draw.integer(1, 4)];
    const before = draw.integer(0, 4);
    const least = Math.max(1, dilation * (kernel - 1) + 1 - before);
    const axis: Axis = [least + draw.integer(0, 20), kernel, stride, dilation, before, draw.integer(0, 3)];
    yield layer('drawn', draw.integer(1, 3), [axis], draw.integer(1, 9), draw.integer(1, 9), draw.integer(1, 3));
  }
}
