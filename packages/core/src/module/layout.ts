import { CheckpointError } from '../errors.js';

/**
 * How a tensor lies in memory against how the reference implementation's checkpoint stores it.
 * `axes[i]` is the checkpoint axis that becomes axis i in memory; the identity is `null`.
 * This is the only place where layouts are converted: see {@link toMemory} and {@link toCheckpoint}.
 */
export interface Layout {
  readonly name: string;
  readonly axes: readonly number[] | null;
}

/** Vectors, embeddings, norm scales: the same in memory and in the checkpoint. */
export const plain: Layout = { name: 'plain', axes: null };
/** Linear weights: checkpoint [out, in], memory [in, out]. */
export const linear: Layout = { name: 'linear', axes: [1, 0] };
/** Conv1d weights: checkpoint [out, in/groups, k], memory [k, in/groups, out]. */
export const conv1d: Layout = { name: 'conv1d', axes: [2, 1, 0] };
/** Conv2d weights: checkpoint OIHW, memory HWIO. */
export const conv2d: Layout = { name: 'conv2d', axes: [2, 3, 1, 0] };
/** Conv3d weights: checkpoint OIDHW, memory DHWIO. */
export const conv3d: Layout = { name: 'conv3d', axes: [2, 3, 4, 1, 0] };
// Transposed convolutions store [in, out/groups, ...k]; the same permutation gives TFJS's [...k, out/groups, in].
/** ConvTranspose1d weights: checkpoint [in, out/groups, k], memory [k, out/groups, in]. */
export const convTranspose1d: Layout = { ...conv1d, name: 'convTranspose1d' };
/** ConvTranspose2d weights: checkpoint [in, out/groups, h, w], memory [h, w, out/groups, in]. */
export const convTranspose2d: Layout = { ...conv2d, name: 'convTranspose2d' };
/** ConvTranspose3d weights: checkpoint [in, out/groups, d, h, w], memory [d, h, w, out/groups, in]. */
export const convTranspose3d: Layout = { ...conv3d, name: 'convTranspose3d' };

type Values = Float32Array | Int32Array | Uint8Array;

/** Shape in memory of a tensor with this checkpoint shape. */
export function memoryShape(layout: Layout, checkpointShape: readonly number[]): number[] {
  if (layout.axes === null) return [...checkpointShape];
  if (layout.axes.length !== checkpointShape.length) {
    throw new CheckpointError(
      `a ${layout.name} weight has ${layout.axes.length} axes, the checkpoint's has shape [${checkpointShape.join(', ')}]`,
    );
  }
  return layout.axes.map((axis) => checkpointShape[axis]!);
}

/** Shape in the checkpoint of a tensor with this shape in memory. */
export function checkpointShape(layout: Layout, shape: readonly number[]): number[] {
  if (layout.axes === null) return [...shape];
  const result: number[] = Array.from({ length: shape.length }, () => 0);
  layout.axes.forEach((axis, i) => (result[axis] = shape[i]!));
  return result;
}

/** Values in checkpoint order, to memory order. */
export function toMemory<T extends Values>(layout: Layout, values: T, shape: readonly number[]): T {
  return layout.axes === null ? values : permute(values, shape, layout.axes);
}

/** Values in memory order (with their shape in memory), to checkpoint order. */
export function toCheckpoint<T extends Values>(layout: Layout, values: T, shape: readonly number[]): T {
  if (layout.axes === null) return values;
  const inverse = layout.axes.map((_, i) => layout.axes!.indexOf(i));
  return permute(values, shape, inverse);
}

/** Row-major transpose: axis i of the result is axis `axes[i]` of the input. */
function permute<T extends Values>(values: T, shape: readonly number[], axes: readonly number[]): T {
  const strides: number[] = Array.from({ length: shape.length }, () => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  const outShape = axes.map((axis) => shape[axis]!);
  const outStrides = axes.map((axis) => strides[axis]!);
  const result = new (values.constructor as new (n: number) => T)(values.length);
  const index = outShape.map(() => 0);
  let source = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = values[source]!;
    for (let axis = outShape.length - 1; axis >= 0; axis--) {
      source += outStrides[axis]!;
      if (++index[axis]! < outShape[axis]!) break;
      source -= outStrides[axis]! * outShape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
