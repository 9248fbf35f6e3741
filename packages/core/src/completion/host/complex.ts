import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { carryComplex, isCarried, openComplex } from './complex-gradient.js';
import { composed, type Composition, type Inputs } from '../composition.js';
import { fourierTransform } from './fft.js';
import { wasmHost, type Host } from './host.js';

/** Both parts of a complex tensor as new float tensors. */
function parts(z: tf.Tensor): [tf.Tensor, tf.Tensor] {
  return z.dtype === 'complex64' ? [tf.real(z), tf.imag(z)] : [z, tf.zerosLike(z)];
}

/** Every second number of a complex tensor, from 0 or 1. */
function every(second: 0 | 1): Composition['run'] {
  return ({ input }, _, backend) => {
    const host = wasmHost(backend);
    const out = host.allocate(input!.shape, 'float32');
    const [from, to] = [host.view(input!), host.view(out)];
    for (let i = 0; i < to.length; i++) to[i] = from[2 * i + second]!;
    return out;
  };
}

/** Complex tensors on wasm: pairs in one block of memory, so that cloning, reshaping and disposing need no care. */
export const wasmComplexKernels: readonly Composition[] = [
  {
    kernelName: tf.Complex,
    because: 'slow',
    run({ real, imag }, _, backend) {
      const host = wasmHost(backend);
      const out = host.allocate(real!.shape, 'complex64');
      const [re, im, to] = [host.view(real!), host.view(imag!), host.view(out)];
      for (let i = 0; i < re.length; i++) {
        to[2 * i] = re[i]!;
        to[2 * i + 1] = im[i]!;
      }
      return out;
    },
  },
  { kernelName: tf.Real, because: 'slow', run: every(0) },
  { kernelName: tf.Imag, because: 'slow', run: every(1) },
  {
    kernelName: tf.ComplexAbs,
    because: 'slow',
    run({ x }, _, backend) {
      const host = wasmHost(backend);
      const out = host.allocate(x!.shape, 'float32');
      const [from, to] = [host.view(x!), host.view(out)];
      for (let i = 0; i < to.length; i++) {
        // in double precision neither square overflows
        const [re, im] = [from[2 * i]!, from[2 * i + 1]!];
        to[i] = Math.sqrt(re * re + im * im);
      }
      return out;
    },
  },
];

type Arithmetic = (a: [tf.Tensor, tf.Tensor], b: [tf.Tensor, tf.Tensor]) => [tf.Tensor, tf.Tensor];

/** TFJS's kernel, but for complex numbers and, in sums, for gradients of complex tensors. */
function arithmetic(kernelName: string, because: Composition['because'], of: Arithmetic): Composition {
  return {
    kernelName,
    because,
    run(inputs: Inputs, attrs, _, original) {
      const [a, b] = [inputs.a!, inputs.b!];
      const gradients = isCarried(a) || isCarried(b);
      if (!gradients && a.dtype !== 'complex64' && b.dtype !== 'complex64') return original(inputs, attrs);
      return scope(() => {
        const open = (x: tf.Tensor): [tf.Tensor, tf.Tensor] => parts(gradients ? openComplex(x) : x);
        const sum = tf.complex(...of(open(a), open(b)));
        return gradients ? carryComplex(sum) : sum;
      });
    },
  };
}

/** TFJS's of cpu make NaN where complex numbers broadcast. */
export const complexArithmetic: readonly Composition[] = [
  arithmetic(tf.Add, 'wrong', ([ar, ai], [br, bi]) => [tf.add(ar, br), tf.add(ai, bi)]),
  arithmetic(tf.Sub, 'wrong', ([ar, ai], [br, bi]) => [tf.sub(ar, br), tf.sub(ai, bi)]),
  arithmetic(tf.Multiply, 'wrong', ([ar, ai], [br, bi]) => [
    tf.sub(tf.mul(ar, br), tf.mul(ai, bi)),
    tf.add(tf.mul(ar, bi), tf.mul(ai, br)),
  ]),
];

/** The discrete Fourier transform of the last axis, in double precision, for a backend whose memory JavaScript sees. */
function fourier(kernelName: string, inverse: boolean, host: (backend: object) => Host): Composition {
  return composed(kernelName, 'slow', ({ input }) => {
    const memory = host(tf.backend());
    const [re, im] = parts(input!);
    const make = (): tf.Tensor => tf.engine().makeTensorFromTensorInfo(memory.allocate(input!.shape, 'float32'));
    const [outRe, outIm] = [make(), make()];
    const transform = fourierTransform(input!.shape.at(-1)!, inverse);
    transform(memory.view(re), memory.view(im), memory.view(outRe), memory.view(outIm));
    return tf.complex(outRe, outIm);
  });
}

/** FFT and IFFT. */
export function fourierKernels(host: (backend: object) => Host): Composition[] {
  return [fourier(tf.FFT, false, host), fourier(tf.IFFT, true, host)];
}
