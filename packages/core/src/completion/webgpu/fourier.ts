import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import type { WebGPUBackend } from '../../webgpu/backend.js';
import type { Composition } from '../composition.js';
import { fourierTransform } from '../host/fft.js';
import { Dft } from '../../kernels/fourier/spec.js';

/** Complex numbers as pairs of floats in the same memory, and back. */
function relabelled(x: tf.TensorInfo, shape: number[], dtype: 'float32' | 'complex64'): tf.Tensor {
  tf.backend().incRef(x.dataId);
  return tf.engine().makeTensorFromTensorInfo({ dataId: x.dataId, shape, dtype });
}

/** The transform of the last axis by our own kernel; TFJS's adds up n terms for every one of n, with inexact sines. */
function fourier(kernelName: string, inverse: boolean): Composition {
  return {
    kernelName,
    because: 'wrong',
    run({ input }, _, backend) {
      const { shape } = input!;
      const n = shape.at(-1)!;
      return scope(() => {
        const z = input!.dtype === 'complex64' ? input! : tf.complex(input!, tf.zerosLike(input!));
        if (z.size === 0) return tf.clone(z);
        const x = relabelled(z, [z.size / n, n, 2], 'float32');
        const y = Dft.run({ x }, { sign: inverse ? 1 : -1, factor: inverse ? 1 / n : 1 })?.[0];
        return y === undefined ? onProcessor(z, inverse, backend as WebGPUBackend) : relabelled(y, shape, 'complex64');
      });
    },
  };
}

/** In double precision, where our kernel is not there. */
function onProcessor(z: tf.Tensor, inverse: boolean, backend: WebGPUBackend): tf.Tensor {
  const [re, im] = [tf.real(z), tf.imag(z)].map(({ dataId }) => backend.readSync(dataId) as Float32Array);
  const [outRe, outIm] = [new Float32Array(z.size), new Float32Array(z.size)];
  fourierTransform(z.shape.at(-1)!, inverse)(re!, im!, outRe, outIm);
  return tf.complex(tf.tensor(outRe, z.shape), tf.tensor(outIm, z.shape));
}

export const fourierOnGpu: readonly Composition[] = [fourier(tf.FFT, false), fourier(tf.IFFT, true)];
