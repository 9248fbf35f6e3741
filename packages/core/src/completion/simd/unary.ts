import * as tf from '@tensorflow/tfjs-core';
import type { Composition } from '../composition.js';
import { wasmHost } from '../host/host.js';
import type { VectorFunctionName } from './functions.js';
import { addressOf, simdKernels } from './index.js';

function vector(kernelName: string, name: VectorFunctionName): Composition {
  return {
    kernelName,
    because: 'slow',
    run({ x }, attrs, backend, original) {
      const simd = simdKernels(backend);
      const size = x!.size;
      if (simd === null || x!.dtype !== 'float32' || size < 4) return original({ x: x! }, attrs);
      const out = wasmHost(backend).allocate(x!.shape, 'float32');
      const [from, to] = [addressOf(backend, x!), addressOf(backend, out)];
      const whole = size - (size % 4);
      // the last four once more, where the size is no multiple of four
      const rest = 4 * (size - 4);
      const beyond = simd[name](from, to, 4 * whole) | (whole < size ? simd[name](from + rest, to + rest, 16) : 0);
      if (beyond === 0) return out;
      tf.engine().makeTensorFromTensorInfo(out).dispose();
      return original({ x: x! }, attrs);
    },
  };
}

/** Functions that TFJS computes one number at a time on wasm, at 7 to 40 ns each. */
export const vectorKernels: readonly Composition[] = [
  vector(tf.Exp, 'exp'),
  vector(tf.Log, 'log'),
  vector(tf.Tanh, 'tanh'),
  vector(tf.Erf, 'erf'),
  vector(tf.Softplus, 'softplus'),
  vector(tf.Sin, 'sin'),
  vector(tf.Cos, 'cos'),
];
