import { kernels } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { addressOf, areFloats, kernel, type Inputs, type NativeKernel } from '../kernel.js';
import type { NativeBackend } from '../backend.js';

type Sizes = [batch: number, length: number, channels: number, states: number, groups: number, chunk: number];

/** What a call works on; null for shapes and dtypes that do not fit together. */
function sizesOf(inputs: Inputs): Sizes | null {
  const { u, A, B } = inputs;
  if (!areFloats(...Object.values(inputs)) || u!.shape.length !== 3 || B!.shape.length !== 4) return null;
  const [batch, length, channels] = u!.shape as [number, number, number];
  const [states, groups] = [A!.shape[1]!, B!.shape[2]!];
  const chunk = kernels.selectiveScanChunk;
  const rows = [batch, length, groups, states];
  const state = [batch, channels, states];
  const shapes = {
    delta: u!.shape,
    A: [channels, states],
    B: rows,
    C: rows,
    D: [channels],
    z: u!.shape,
    deltaBias: [channels],
    initialState: state,
    dy: u!.shape,
    dstate: state,
    kept: [batch, Math.ceil(length / chunk), states, channels],
  };
  const fits = Object.entries(shapes).every(
    ([name, shape]) => inputs[name] == null || tf.util.arraysEqual(inputs[name].shape, shape),
  );
  return fits && states > 0 && groups > 0 && channels % groups === 0
    ? [batch, length, channels, states, groups, chunk]
    : null;
}

function addresses(backend: NativeBackend, inputs: Inputs): number[] {
  const { u, delta, A, B, C, D, z, deltaBias, initialState } = inputs;
  return [u, delta, A, B, C, D, z, deltaBias, initialState].map((info) => addressOf(backend, info));
}

/** Parts of the work on one sequence, which each have gradients of B and C of their own: with all sequences, enough for many threads. */
function partsOf(batch: number, channels: number, groups: number): number {
  return Math.max(1, Math.min(Math.ceil(channels / groups / 16), Math.ceil(32 / (batch * groups))));
}

/** Selective scans. */
export const stateSpaceKernels: readonly NativeKernel[] = [
  kernel<kernels.SelectiveScanAttrs>(kernels.SelectiveScan.kernelName, (backend, inputs, { deltaSoftplus }) => {
    const sizes = sizesOf(inputs);
    if (sizes === null) return null;
    const [batch, length, channels, states, , chunk] = sizes;
    const outputs = [
      inputs['u']!.shape,
      [batch, channels, states],
      [batch, Math.ceil(length / chunk), states, channels],
    ].map((shape) => backend.output(shape, 'float32'));
    const to = outputs.map((info) => backend.address(info));
    backend.call('selective_scan', ...to, ...addresses(backend, inputs), ...sizes, Number(deltaSoftplus));
    return outputs;
  }),
  kernel<kernels.SelectiveScanAttrs>(kernels.SelectiveScanGrad.kernelName, (backend, inputs, { deltaSoftplus }) => {
    const sizes = sizesOf(inputs);
    if (sizes === null) return null;
    const [batch, , channels, states, groups] = sizes;
    const { u, A, B, C, D, z, deltaBias, initialState, dy, dstate, kept } = inputs;
    const parts = partsOf(batch, channels, groups);
    const make = (shape: readonly number[]): tf.TensorInfo => backend.output(shape, 'float32');
    const [du, ddelta, dA, dB, dC] = [u!, u!, A!, B!, C!].map(({ shape }) => make(shape));
    // those without a meaning are room to write into
    const [dD, dbias, dinitial] = [make([channels]), make([channels]), make([batch, channels, states])];
    const dz = z == null ? undefined : make(z.shape);
    const room = [
      [parts, 2, ...B!.shape],
      [batch, channels, states],
      [2, batch, channels],
    ].map(make);
    const from = [dy, dstate, kept].map((info) => addressOf(backend, info));
    const to = [du, ddelta, dA, dB, dC, dD, dz, dbias, dinitial].map((info) => addressOf(backend, info));
    backend.call(
      'selective_scan_grad',
      ...to,
      ...addresses(backend, inputs),
      ...from,
      ...room.map((info) => backend.address(info)),
      ...sizes,
      parts,
      Number(deltaSoftplus),
    );
    const optional: Array<[tf.TensorInfo | undefined, tf.TensorInfo | undefined]> = [
      [D, dD],
      [z, dz],
      [deltaBias, dbias],
      [initialState, dinitial],
    ];
    for (const info of room) backend.disposeIntermediateTensorInfo(info);
    for (const [input, info] of optional) {
      if (input == null && info !== undefined) backend.disposeIntermediateTensorInfo(info);
    }
    const wanted = optional.filter(([input]) => input != null).map(([, info]) => info!);
    return [du!, ddelta!, dA!, dB!, dC!, ...wanted];
  }),
];
