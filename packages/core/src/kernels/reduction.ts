import * as tf from '@tensorflow/tfjs-core';
import type { Composition } from './composition.js';
import { wasmHost, type Host } from './host.js';

interface ReduceAttrs {
  readonly axis: number | number[];
  readonly keepDims: boolean;
}

/** Sums [outer, length, inner] over its middle, in double precision, row by row as memory lies. */
function sumMiddle(host: Host, x: tf.TensorInfo, outer: number, length: number, inner: number): tf.TensorInfo {
  const out = host.allocate([outer, inner], 'float32');
  const [from, to] = [host.view(x), host.view(out)];
  const totals = new Float64Array(inner);
  for (let o = 0, read = 0; o < outer; o++) {
    totals.fill(0);
    for (let row = 0; row < length; row++) {
      for (let i = 0; i < inner; i++, read++) totals[i]! += from[read]!;
    }
    to.set(totals, o * inner);
  }
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

/** Sum and Mean on wasm: TFJS transposes first, unless the last axes are reduced; and it sums in single precision. */
function reduction(kernelName: string, mean: boolean): Composition {
  return {
    kernelName,
    because: 'slow',
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
      if (others.length === 0 || x!.dtype !== 'float32') return original({ x: x! }, attrs);
      const dispose = (info: tf.TensorInfo): void => {
        if (info.dataId !== x!.dataId) tf.engine().makeTensorFromTensorInfo(info).dispose();
      };
      let info: tf.TensorInfo = x!;
      if (last.length > 0) {
        info = original({ x: x! }, { axis: last, keepDims: true }) as tf.TensorInfo;
        for (const at of last) shape[at] = 1;
      }
      for (const run of others) {
        const [first, end] = [run.at(-1)!, run[0]! + 1];
        const size = (from: number, to: number): number => tf.util.sizeFromShape(shape.slice(from, to));
        const next = sumMiddle(host, info, size(0, first), size(first, end), size(end, shape.length));
        dispose(info);
        info = next;
        for (const at of run) shape[at] = 1;
      }
      if (mean) {
        // the innermost run is divided already
        const count = others.flat().reduce((n, at) => n * x!.shape[at]!, 1);
        const values = host.view(info);
        for (let i = 0; i < values.length; i++) values[i]! /= count;
      }
      return { dataId: info.dataId, shape: outShape, dtype: 'float32' };
    },
  };
}

export const reductionKernels: readonly Composition[] = [reduction(tf.Sum, false), reduction(tf.Mean, true)];
