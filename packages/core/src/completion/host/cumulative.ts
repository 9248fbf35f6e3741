import * as tf from '@tensorflow/tfjs-core';
import { hostKernel, type HostKernel, type Values } from './host.js';

interface RunningAttrs {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

/** Running sums or products along one axis of [outer, length, inner]. */
function running(kernelName: string, identity: 0 | 1): HostKernel {
  return hostKernel<RunningAttrs>(kernelName, 'wrong', ({ x }, { axis, exclusive, reverse }, host) => {
    const at = tf.util.parseAxisParam(axis, x!.shape)[0] ?? 0;
    const length = x!.shape[at] ?? 1;
    const inner = tf.util.sizeFromShape(x!.shape.slice(at + 1));
    const out = host.allocate(x!.shape, x!.dtype === 'bool' ? 'int32' : x!.dtype);
    const [from, to] = [host.view(x!), host.view(out)];
    const totals = new Float64Array(inner);
    for (let base = 0; base < from.length; base += length * inner) {
      totals.fill(identity);
      for (let step = 0; step < length; step++) {
        const row = base + (reverse ? length - 1 - step : step) * inner;
        accumulate(from, to, row, totals, exclusive, identity === 0);
      }
    }
    return out;
  });
}

function accumulate(
  from: Values,
  to: Values,
  row: number,
  totals: Float64Array,
  exclusive: boolean,
  sum: boolean,
): void {
  for (let i = 0; i < totals.length; i++) {
    const before = totals[i]!;
    const after = sum ? before + from[row + i]! : before * from[row + i]!;
    totals[i] = after;
    to[row + i] = exclusive ? before : after;
  }
}

/** TFJS's write beyond their memory on wasm when the axis is negative. */
export const cumulativeKernels: readonly HostKernel[] = [running(tf.Cumsum, 0), running(tf.Cumprod, 1)];
