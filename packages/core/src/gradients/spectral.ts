import * as tf from '@tensorflow/tfjs-core';
import { carryComplex, openComplex } from '../completion/host/complex-gradient.js';
import { gradient } from './define.js';

function scaled(z: tf.Tensor, factor: number): tf.Tensor {
  return tf.complex(tf.mul(tf.real(z), factor), tf.mul(tf.imag(z), factor));
}

/** Complex tensors and Fourier transforms. The gradient of a complex z is ∂L/∂re z + i ∂L/∂im z. */
export const spectralGradients: readonly tf.GradConfig[] = [
  gradient(tf.Complex, {}, (dy) => ({
    real: () => tf.real(openComplex(dy)),
    imag: () => tf.imag(openComplex(dy)),
  })),
  gradient(tf.Real, {}, (dy) => ({ input: () => carryComplex(tf.complex(dy, tf.zerosLike(dy))) })),
  gradient(tf.Imag, {}, (dy) => ({ input: () => carryComplex(tf.complex(tf.zerosLike(dy), dy)) })),
  // 0 at 0
  gradient(tf.ComplexAbs, { values: ['x'] }, (dy, [x]) => ({
    x: () => {
      const share = tf.divNoNan(dy, tf.abs(x!));
      return carryComplex(tf.complex(tf.mul(tf.real(x!), share), tf.mul(tf.imag(x!), share)));
    },
  })),
  // the adjoint of the transform is its inverse without the 1/n
  gradient(tf.FFT, {}, (dy) => ({
    input: () => carryComplex(scaled(tf.ifft(openComplex(dy)), dy.shape.at(-1)!)),
  })),
  gradient(tf.IFFT, {}, (dy) => ({
    input: () => carryComplex(scaled(tf.fft(openComplex(dy)), 1 / dy.shape.at(-1)!)),
  })),
];
