import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { addressOf } from '../kernel.js';
import { checkShape, numbersOf, shapesOf, type Layer } from './layer.js';

/** What the C++ does to sums before it stores them. */
export interface Finish {
  /** [channelsOut] */
  readonly bias?: tf.TensorInfo | undefined;
  readonly activation?: number;
  readonly slope?: number;
  /** [channelsOut] */
  readonly slopes?: tf.TensorInfo | undefined;
}

/** The C++ kernel of a layer: that in which every channel has its own filters does not mix channels. */
function kernelOf({ groups, channelsIn }: Layer): string {
  return groups > 1 && groups === channelsIn ? 'depthwise_convolution' : 'convolution';
}

/** y of a layer. */
export function forward(
  backend: NativeBackend,
  name: string,
  layer: Layer,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  finish: Finish = {},
): tf.TensorInfo {
  const shapes = shapesOf(layer);
  checkShape(name, 'x', x, shapes.x);
  checkShape(name, 'filter', filter, layer.filter);
  const y = backend.output(shapes.y, 'float32');
  write(backend, kernelOf(layer), layer, x, filter, y, finish);
  return y;
}

/** dx of a layer, or, with a bias [channelsIn], a transposed convolution. */
export function inputGradient(
  backend: NativeBackend,
  name: string,
  layer: Layer,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  finish: Finish = {},
): tf.TensorInfo {
  const shapes = shapesOf(layer);
  checkShape(name, 'dy', dy, shapes.y);
  checkShape(name, 'filter', filter, layer.filter);
  const dx = backend.output(shapes.x, 'float32');
  // what adds channels up does so after the kernel would have added the bias
  const finishes = finish.bias !== undefined || (finish.activation ?? 0) !== 0;
  const kernel = finishes && layer.channelsIn !== layer.channelsOut ? 'convolution' : kernelOf(layer);
  write(backend, `${kernel}_input_gradient`, layer, dy, filter, dx, finish);
  return dx;
}

/** dfilter of a layer, and dbias [channelsOut] if it is wanted. */
export function filterGradient(
  backend: NativeBackend,
  name: string,
  layer: Layer,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  withBias = false,
): [dfilter: tf.TensorInfo, dbias?: tf.TensorInfo] {
  const shapes = shapesOf(layer);
  checkShape(name, 'x', x, shapes.x);
  checkShape(name, 'dy', dy, shapes.y);
  const dfilter = backend.output(layer.filter, 'float32');
  const dbias = withBias ? backend.output([layer.channelsOut], 'float32') : undefined;
  backend.call(
    `${kernelOf(layer)}_filter_gradient`,
    backend.address(x),
    backend.address(dy),
    backend.address(dfilter),
    addressOf(backend, dbias),
    ...numbersOf(layer),
  );
  return dbias === undefined ? [dfilter] : [dfilter, dbias];
}

/** Runs a kernel that writes `to` from one tensor and the filter. */
function write(
  backend: NativeBackend,
  kernel: string,
  layer: Layer,
  from: tf.TensorInfo,
  filter: tf.TensorInfo,
  to: tf.TensorInfo,
  { bias, activation = 0, slope = 0, slopes }: Finish,
): void {
  backend.call(
    kernel,
    backend.address(from),
    backend.address(filter),
    addressOf(backend, bias),
    backend.address(to),
    activation,
    slope,
    addressOf(backend, slopes),
    ...numbersOf(layer),
  );
}
