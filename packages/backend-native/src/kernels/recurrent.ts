import { kernels } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { areFloats, kernel, type Inputs, type NativeKernel } from '../kernel.js';

type Shape = readonly number[];

/** Whether all are float32, and there is a step and a unit: C++ begins with both. */
const fits = (inputs: Inputs): boolean =>
  areFloats(...Object.values(inputs)) && Object.values(inputs).every((x) => x!.shape[0] !== 0 && x!.shape.at(-1) !== 0);

const places = (backend: NativeBackend, infos: ReadonlyArray<tf.TensorInfo | undefined>): number[] =>
  infos.map((info) => (info === undefined ? 0 : backend.address(info)));

const outputs = (backend: NativeBackend, shapes: readonly Shape[]): tf.TensorInfo[] =>
  shapes.map((shape) => backend.output(shape, 'float32'));

/** [T, B, n] of which the last axis is left to the caller. */
const stepsOf = (x: tf.TensorInfo): [length: number, batch: number] => [x.shape[0]!, x.shape[1]!];

const rnnKernels: readonly NativeKernel[] = [
  kernel<kernels.RnnAttrs>(kernels.RnnScan.kernelName, (backend, inputs, { nonlinearity }) => {
    const { gates, weight, h0 } = inputs;
    if (!fits(inputs)) return null;
    const [states] = outputs(backend, [gates!.shape]);
    const sizes = [...stepsOf(gates!), h0!.shape[1]!];
    backend.call(
      'rnn_scan',
      ...places(backend, [gates, weight, h0, states]),
      ...sizes,
      Number(nonlinearity === 'relu'),
    );
    return [states!];
  }),
  kernel<kernels.RnnAttrs>(kernels.RnnScanGradient.kernelName, (backend, inputs, { nonlinearity }) => {
    const { dy, states, weight, h0 } = inputs;
    if (!fits(inputs)) return null;
    const gradients = outputs(backend, [dy!.shape, weight!.shape, h0!.shape]);
    const sizes = [...stepsOf(dy!), h0!.shape[1]!];
    const all = places(backend, [dy, states, weight, h0, ...gradients]);
    backend.call('rnn_scan_grad', ...all, ...sizes, Number(nonlinearity === 'relu'));
    return gradients;
  }),
];

const gruKernels: readonly NativeKernel[] = [
  kernel(kernels.GruScan.kernelName, (backend, inputs) => {
    const { gates, weight, bias, h0 } = inputs;
    if (!fits(inputs)) return null;
    const [length, batch] = stepsOf(gates!);
    const size = h0!.shape[1]!;
    const results = outputs(backend, [
      [length, batch, size],
      [length, batch, 4 * size],
    ]);
    backend.call('gru_scan', ...places(backend, [gates, weight, bias, h0, ...results]), length, batch, size);
    return results;
  }),
  kernel(kernels.GruScanGradient.kernelName, (backend, inputs) => {
    const { dy, states, trace, weight, h0 } = inputs;
    if (!fits(inputs)) return null;
    const [length, batch] = stepsOf(dy!);
    const size = h0!.shape[1]!;
    const all = [length, batch, 3 * size];
    const [dGates, dRecurrent, ...rest] = outputs(backend, [all, all, weight!.shape, [3 * size], h0!.shape]);
    const from = [dy, states, trace, weight, h0, dGates, dRecurrent, ...rest];
    backend.call('gru_scan_grad', ...places(backend, from), length, batch, size);
    backend.disposeIntermediateTensorInfo(dRecurrent!);
    return [dGates!, ...rest];
  }),
];

const lstmKernels: readonly NativeKernel[] = [
  kernel(kernels.LstmScan.kernelName, (backend, inputs) => {
    const { gates, weight, h0, c0, projection } = inputs;
    if (!fits(inputs)) return null;
    const [length, batch] = stepsOf(gates!);
    const [width, size] = [h0!.shape[1]!, c0!.shape[1]!];
    const results = outputs(backend, [
      [length, batch, width + size],
      [length, batch, 4 * size],
    ]);
    const all = places(backend, [gates, weight, h0, c0, projection, ...results]);
    backend.call('lstm_scan', ...all, length, batch, size, width);
    return results;
  }),
  kernel(kernels.LstmScanGradient.kernelName, (backend, inputs) => {
    const { dy, states, trace, weight, h0, c0, projection } = inputs;
    if (!fits(inputs)) return null;
    const [length, batch] = stepsOf(dy!);
    const [width, size] = [h0!.shape[1]!, c0!.shape[1]!];
    const shapes = [trace!, weight!, h0!, c0!, ...(projection === undefined ? [] : [projection])].map((x) => x.shape);
    const gradients = outputs(backend, shapes);
    const room =
      projection === undefined
        ? []
        : outputs(
            backend,
            [size, width].map((n) => [length, batch, n]),
          );
    const from = [dy, states, trace, weight, h0, c0, projection];
    const to = [0, 1, 2, 3, 4].map((i) => gradients[i]);
    const all = places(backend, [...from, ...to, room[0], room[1]]);
    backend.call('lstm_scan_grad', ...all, length, batch, size, width);
    for (const info of room) backend.disposeIntermediateTensorInfo(info);
    return gradients;
  }),
];

/** Whole sequences of recurrent layers in one kernel each. */
export const recurrentKernels: readonly NativeKernel[] = [...rnnKernels, ...gruKernels, ...lstmKernels];
