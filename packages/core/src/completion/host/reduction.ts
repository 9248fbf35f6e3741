import * as tf from '@tensorflow/tfjs-core';
import type { Composition } from '../composition.js';
import { wasmHost, type Host, type Values } from './host.js';
import { addressOf, simdKernels } from '../simd/index.js';

interface ReduceAttrs {
  readonly axis: number | number[];
  readonly keepDims: boolean;
}

/** Rows that are summed at a time, each block by itself, so that single precision suffices. */
const blockRows = 256;

/** Sums [outer, length, inner] over its middle, row by row as memory lies. */
function sumMiddle(backend: object, x: tf.TensorInfo, outer: number, length: number, inner: number): tf.TensorInfo {
  const host = wasmHost(backend);
  const out = host.allocate([outer, inner], 'float32');
  const simd = simdKernels(backend);
  if (simd === null || inner < 4 || length < 8) {
    sumRows(host, x, out, length, inner);
    return out;
  }
  // a row of ones times the rows
  const ones = host.allocate([blockRows], 'float32');
  host.view(ones).fill(1);
  host.view(out).fill(0);
  const [one, from, to] = [ones, x, out].map((info) => addressOf(backend, info)) as [number, number, number];
  const row = 4 * inner;
  for (let o = 0; o < outer; o++) {
    for (let start = 0; start < length; start += blockRows) {
      const depth = Math.min(blockRows, length - start);
      simd.transposedProduct(one, 4, from + (o * length + start) * row, row, to + o * row, row, depth, 1, inner);
    }
  }
  tf.engine().makeTensorFromTensorInfo(ones).dispose();
  return out;
}

/** {@link sumMiddle} in double precision, without vector instructions. */
function sumRows(host: Host, x: tf.TensorInfo, out: tf.TensorInfo, length: number, inner: number): void {
  const [from, to] = [host.view(x), host.view(out)];
  const totals = new Float64Array(inner);
  for (let write = 0, read = 0; write < to.length; write += inner) {
    totals.fill(0);
    for (let row = 0; row < length; row++) {
      for (let i = 0; i < inner; i++, read++) totals[i]! += from[read]!;
    }
    to.set(totals, write);
  }
}

/** A long row is summed in so many columns, so many of their numbers at a time. */
const [lanes, laneRows] = [64, 32];

/** From here on a sum loses digits where numbers are added up one by one. */
const long = lanes * laneRows;

/** Sums each row of [outer, length]: in columns, block by block, then those and what is left over in double precision. */
function sumLong(backend: object, x: tf.TensorInfo, outer: number, length: number): tf.TensorInfo {
  const host = wasmHost(backend);
  const out = host.allocate([outer], 'float32');
  const simd = simdKernels(backend);
  if (simd === null) {
    const [from, to] = [host.view(x), host.view(out)];
    for (let o = 0, read = 0; o < outer; o++) {
      let total = 0;
      for (let i = 0; i < length; i++, read++) total += from[read]!;
      to[o] = total;
    }
    return out;
  }
  const ones = host.allocate([laneRows], 'float32');
  const columns = host.allocate([lanes], 'float32');
  const [from, to, sums] = [x, out, columns].map((info) => host.view(info)) as [Values, Values, Values];
  host.view(ones).fill(1);
  const [one, base, sum] = [ones, x, columns].map((info) => addressOf(backend, info)) as [number, number, number];
  const rows = Math.floor(length / lanes);
  const row = 4 * lanes;
  for (let o = 0; o < outer; o++) {
    let total = 0;
    for (let start = 0; start < rows; start += laneRows) {
      sums.fill(0);
      const depth = Math.min(laneRows, rows - start);
      simd.transposedProduct(one, 4, base + 4 * o * length + start * row, row, sum, row, depth, 1, lanes);
      for (let i = 0; i < lanes; i++) total += sums[i]!;
    }
    for (let i = rows * lanes; i < length; i++) total += from[o * length + i]!;
    to[o] = total;
  }
  for (const info of [ones, columns]) tf.engine().makeTensorFromTensorInfo(info).dispose();
  return out;
}

/** Runs of neighbouring axes that are reduced, last first, without the run that ends the shape. */
function innerRuns(axes: readonly number[], rank: number): { readonly last: number[]; readonly others: number[][] } {
  const runs: number[][] = [];
  for (const axis of axes.toSorted((a, b) => b - a)) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1) === axis + 1) run.push(axis);
    else runs.push([axis]);
  }
  return runs[0]?.[0] === rank - 1 ? { last: runs[0], others: runs.slice(1) } : { last: [], others: runs };
}

/**
 * Sum and Mean on wasm: TFJS transposes first, unless the last axes are reduced, and adds up one by one: a million times 0.1 is 100958.
 */
function reduction(kernelName: string, mean: boolean): Composition {
  return {
    kernelName,
    because: 'wrong',
    run({ x }, attrs, backend, original) {
      const { axis, keepDims } = attrs as ReduceAttrs;
      const axes = tf.util.parseAxisParam(axis, x!.shape);
      const { last, others } = innerRuns(axes, x!.shape.length);
      const host = wasmHost(backend);
      const shape = [...x!.shape];
      const outShape = keepDims
        ? shape.map((size, at) => (axes.includes(at) ? 1 : size))
        : shape.filter((_, at) => !axes.includes(at));
      if (x!.size === 0) {
        // TFJS leaves what was in memory before
        const empty = host.allocate(outShape, mean ? 'float32' : x!.dtype);
        host.view(empty).fill(mean ? NaN : 0);
        return empty;
      }
      const lastLength = last.reduce((n, at) => n * x!.shape[at]!, 1);
      if ((others.length === 0 && lastLength < long) || x!.dtype !== 'float32') return original({ x: x! }, attrs);
      const dispose = (info: tf.TensorInfo): void => {
        if (info.dataId !== x!.dataId) tf.engine().makeTensorFromTensorInfo(info).dispose();
      };
      let info: tf.TensorInfo = x!;
      // what Mean has to divide by yet
      let count = others.flat().reduce((n, at) => n * x!.shape[at]!, 1);
      if (last.length > 0) {
        if (lastLength < long) info = original({ x: x! }, { axis: last, keepDims: true }) as tf.TensorInfo;
        else {
          info = sumLong(backend, x!, x!.size / lastLength, lastLength);
          count *= lastLength;
        }
        for (const at of last) shape[at] = 1;
      }
      for (const run of others) {
        const [first, end] = [run.at(-1)!, run[0]! + 1];
        const size = (from: number, to: number): number => tf.util.sizeFromShape(shape.slice(from, to));
        const next = sumMiddle(backend, info, size(0, first), size(first, end), size(end, shape.length));
        dispose(info);
        info = next;
        for (const at of run) shape[at] = 1;
      }
      if (mean) {
        const values = host.view(info);
        for (let i = 0; i < values.length; i++) values[i]! /= count;
      }
      return { dataId: info.dataId, shape: outShape, dtype: 'float32' };
    },
  };
}

export const reductionKernels: readonly Composition[] = [reduction(tf.Sum, false), reduction(tf.Mean, true)];
