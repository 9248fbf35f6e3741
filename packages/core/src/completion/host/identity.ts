import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import type { Composition } from '../composition.js';
import { hostKernel, type HostKernel } from './host.js';

interface Counting {
  incRef(dataId: object): void;
}

function share({ dataId, shape, dtype }: tf.TensorInfo, backend: object): tf.TensorInfo {
  (backend as Counting).incRef(dataId);
  return { dataId, shape, dtype };
}

/** Copies that need not be made: TFJS clones every tensor that a gradient saves, and on wasm a clone copies it. */
export const sharingKernels: readonly Composition[] = [
  { kernelName: tf.Identity, because: 'slow', run: ({ x }, _, backend) => share(x!, backend) },
  {
    kernelName: tf.Cast,
    because: 'wrong',
    run({ x }, attrs, backend, original) {
      const { dtype } = attrs as tf.CastAttrs;
      if (dtype === x!.dtype) return share(x!, backend);
      // every number but 0 is true; TFJS keeps the lowest byte
      if (dtype === 'bool') return scope(() => tf.notEqual(x!, tf.zerosLike(x!)));
      if (dtype === 'complex64') return scope(() => tf.complex(tf.cast(x!, 'float32'), tf.zeros(x!.shape)));
      if (x!.dtype === 'complex64') return scope(() => tf.cast(tf.real(x!), dtype));
      return original({ x: x! }, attrs);
    },
  },
];

export const fillKernels: readonly HostKernel[] = [
  hostKernel<tf.OneHotAttrs>(tf.OneHot, 'wrong', ({ indices }, { depth, onValue, offValue, dtype }, host) => {
    // TFJS writes the bits of an int32 whatever the dtype
    const out = host.allocate([...indices!.shape, depth], dtype);
    const [at, values] = [host.view(indices!), host.view(out)];
    values.fill(offValue);
    for (let i = 0; i < at.length; i++) {
      const index = at[i]!;
      if (index >= 0 && index < depth) values[i * depth + index] = onValue;
    }
    return out;
  }),
];

/** Chooses element by element; TFJS's writes beyond its memory when the branches differ in dtype. */
export const selectKernel: HostKernel = hostKernel(tf.Select, 'wrong', ({ condition, t, e }, _, host) => {
  const out = host.allocate(t!.shape, tf.upcastType(t!.dtype, e!.dtype));
  const [mask, yes, no, to] = [host.view(condition!), host.view(t!), host.view(e!), host.view(out)];
  // a condition of rank 1 chooses rows
  const repeat = mask.length === 0 ? 0 : to.length / mask.length;
  if (repeat === 1) {
    for (let i = 0; i < to.length; i++) to[i] = mask[i] === 0 ? no[i]! : yes[i]!;
  } else {
    for (let row = 0; row < mask.length; row++) {
      const from = mask[row] === 0 ? no : yes;
      for (let i = row * repeat; i < (row + 1) * repeat; i++) to[i] = from[i]!;
    }
  }
  return out;
});
