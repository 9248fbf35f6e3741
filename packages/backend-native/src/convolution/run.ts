import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
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
  { bias, activation = 0, slope = 0, slopes }: Finish = {},
): tf.TensorInfo {
  const shapes = shapesOf(layer);
  checkShape(name, 'x', x, shapes.x);
  checkShape(name, 'filter', filter, layer.filter);
  const y = backend.output(shapes.y, 'float32');
  return filled(backend, y, kernelOf(layer), [
    backend.address(x),
    backend.address(filter),
    bias === undefined ? 0 : backend.address(bias),
    backend.address(y),
    activation,
    slope,
    slopes === undefined ? 0 : backend.address(slopes),
    ...numbersOf(layer),
  ]);
}

/** dx of a layer, or, with a bias [channelsIn], a transposed convolution. */
export function inputGradient(
  backend: NativeBackend,
  name: string,
  layer: Layer,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  { bias, activation = 0, slope = 0, slopes }: Finish = {},
): tf.TensorInfo {
  const shapes = shapesOf(layer);
  checkShape(name, 'dy', dy, shapes.y);
  checkShape(name, 'filter', filter, layer.filter);
  const dx = backend.output(shapes.x, 'float32');
  // what adds channels up does so after the kernel would have added the bias
  const finishes = bias !== undefined || activation !== 0;
  const kernel = finishes && layer.channelsIn !== layer.channelsOut ? 'convolution' : kernelOf(layer);
  return filled(backend, dx, `${kernel}_input_gradient`, [
    backend.address(dy),
    backend.address(filter),
    bias === undefined ? 0 : backend.address(bias),
    backend.address(dx),
    activation,
    slope,
    slopes === undefined ? 0 : backend.address(slopes),
    ...numbersOf(layer),
  ]);
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
  const outputs: [tf.TensorInfo, tf.TensorInfo?] = dbias === undefined ? [dfilter] : [dfilter, dbias];
  try {
    backend.call(
      `${kernelOf(layer)}_filter_gradient`,
      backend.address(x),
      backend.address(dy),
      backend.address(dfilter),
      dbias === undefined ? 0 : backend.address(dbias),
      ...numbersOf(layer),
    );
  } catch (error) {
    for (const output of outputs) backend.disposeIntermediateTensorInfo(output!);
    throw error;
  }
  return outputs;
}

function filled(
  backend: NativeBackend,
  output: tf.TensorInfo,
  kernel: string,
  values: readonly number[],
): tf.TensorInfo {
  try {
    backend.call(kernel, ...values);
  } catch (error) {
    backend.disposeIntermediateTensorInfo(output);
    throw error;
  }
  return output;
}
