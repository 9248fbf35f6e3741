import * as tf from '@tensorflow/tfjs-core';
import type { Composition, Inputs } from '../composition.js';
import { depthwiseFilterKernel } from '../host/depthwise.js';
import { clipKernel, log1pKernel, maximumKernel, minimumKernel, relu6Kernel, signKernel } from '../host/elementwise.js';
import { onHost, wasmHost, type HostKernel } from '../host/host.js';
import { eachWindow, maxPoolGradKernel, pool2d } from '../host/pooling.js';
import { addressOf, simdKernels, type SimdKernels } from './index.js';

const float = 4;

type Attempt<Attributes extends object> = (
  inputs: Inputs,
  attrs: Attributes,
  backend: object,
  simd: SimdKernels,
) => tf.TensorInfo | null;

/** A kernel with vector instructions for the inputs that `attempt` can do, and otherwise as a loop in JavaScript. */
function vectorised<Attributes extends object>(kernel: HostKernel, attempt: Attempt<Attributes>): Composition {
  const loop = onHost(wasmHost, [kernel])[0]!;
  return {
    ...loop,
    run(inputs, attrs, backend, original) {
      const simd = simdKernels(backend);
      const done = simd === null ? null : attempt(inputs, attrs as Attributes, backend, simd);
      return done ?? loop.run(inputs, attrs, backend, original);
    },
  };
}

/** Runs over all of `size` floats, the last four once more where the size is no multiple of four. */
function sweep(size: number, run: (start: number, bytes: number) => void): void {
  run(0, (size - (size % 4)) * float);
  if (size % 4 !== 0) run((size - 4) * float, 16);
}

function dispose(info: tf.TensorInfo): void {
  tf.engine().makeTensorFromTensorInfo(info).dispose();
}

/** One number, as many times as an instruction takes. */
function fourTimes(backend: object, value: number): tf.TensorInfo {
  const host = wasmHost(backend);
  const info = host.allocate([4], 'float32');
  host.view(info).fill(value);
  return info;
}

function extreme(name: 'maximum' | 'minimum'): Attempt<object> {
  return (inputs, _, backend, simd) => {
    // the larger first: both functions are symmetric
    const [a, b] = inputs.a!.size >= inputs.b!.size ? [inputs.a!, inputs.b!] : [inputs.b!, inputs.a!];
    if (a.dtype !== 'float32' || b.dtype !== 'float32' || a.size < 4 || (b.size !== 1 && b.size !== a.size))
      return null;
    const host = wasmHost(backend);
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
    if (tf.util.sizeFromShape(shape) !== a.size) return null;
    const out = host.allocate(shape, 'float32');
    const other = b.size === 1 ? fourTimes(backend, host.view(b)[0]!) : b;
    const [from, with_, to] = [a, other, out].map((info) => addressOf(backend, info)) as [number, number, number];
    sweep(a.size, (start, bytes) =>
      b.size === 1
        ? simd[name](from + start, with_, to + start, bytes, 0)
        : simd[name](from + start, with_ + start, to + start, bytes, -1),
    );
    if (other !== b) dispose(other);
    return out;
  };
}

function eachFloat(name: 'log1p' | 'sign'): Attempt<object> {
  return ({ x }, _, backend, simd) => {
    if (x!.dtype !== 'float32' || x!.size < 4) return null;
    const out = wasmHost(backend).allocate(x!.shape, 'float32');
    const [from, to] = [addressOf(backend, x!), addressOf(backend, out)];
    sweep(x!.size, (start, bytes) => simd[name](from + start, to + start, bytes));
    return out;
  };
}

function clamp(x: tf.Tensor, low: number, high: number, backend: object, simd: SimdKernels): tf.TensorInfo | null {
  if (x.dtype !== 'float32' || x.size < 4) return null;
  const out = wasmHost(backend).allocate(x.shape, 'float32');
  const bounds = [fourTimes(backend, low), fourTimes(backend, high)] as const;
  const [from, to] = [addressOf(backend, x), addressOf(backend, out)];
  sweep(x.size, (start, bytes) => simd.maximum(from + start, addressOf(backend, bounds[0]), to + start, bytes, 0));
  sweep(x.size, (start, bytes) => simd.minimum(to + start, addressOf(backend, bounds[1]), to + start, bytes, 0));
  bounds.forEach(dispose);
  return out;
}

/** The first pixel that equals the maximum gets the gradient; needs channels in fours. */
const maxPoolGradient: Attempt<tf.MaxPoolGradAttrs> = ({ dy, input, output }, attrs, backend, simd) => {
  const pool = pool2d(input!.shape, attrs);
  if (pool.channels % 4 !== 0) return null;
  const host = wasmHost(backend);
  const dx = host.allocate(input!.shape, 'float32');
  host.view(dx).fill(0);
  const pixel = pool.channels * float;
  const [, height, width] = pool.axes;
  const [x, to, y, upstream] = [input!, dx, output!, dy!].map((info) => addressOf(backend, info)) as [
    number,
    number,
    number,
    number,
  ];
  let out = 0;
  eachWindow(pool, (n, _, __, h0, h1, w0, w1) => {
    const corner = ((n * height.input + h0) * width.input + w0) * pixel;
    simd.maximumWindow(x + corner, to + corner, y + out, upstream + out, h1 - h0, w1 - w0, width.input * pixel, pixel);
    out += pixel;
  });
  return dx;
};

/** Row by row of the output; needs channels in fours and one filter a channel. */
const depthwiseFilter: Attempt<tf.DepthwiseConv2dNativeBackpropFilterAttrs> = ({ x, dy }, attrs, backend, simd) => {
  const { filterShape, strides, dilations, pad, dimRoundingMode } = attrs;
  const [kh, kw, channels, multiplier] = filterShape;
  if (multiplier !== 1 || channels % 4 !== 0) return null;
  const inputShape = x!.shape as [number, number, number, number];
  const info = tf.backend_util.computeConv2DInfo(
    inputShape,
    filterShape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    true,
  );
  const host = wasmHost(backend);
  const out = host.allocate(filterShape, 'float32');
  host.view(out).fill(0);
  const [from, upstream, to] = [x!, dy!, out].map((tensor) => addressOf(backend, tensor)) as [number, number, number];
  const pixel = channels * float;
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const shift = j * info.dilationWidth - info.padInfo.left;
      const first = Math.max(0, Math.ceil(-shift / info.strideWidth));
      const last = Math.min(info.outWidth, Math.floor((info.inWidth - 1 - shift) / info.strideWidth) + 1);
      if (last <= first) continue;
      for (let row = 0; row < info.batchSize * info.outHeight; row++) {
        const n = Math.floor(row / info.outHeight);
        const h = (row % info.outHeight) * info.strideHeight + i * info.dilationHeight - info.padInfo.top;
        if (h < 0 || h >= info.inHeight) continue;
        simd.columnProducts(
          from + ((n * info.inHeight + h) * info.inWidth + first * info.strideWidth + shift) * pixel,
          info.strideWidth * pixel,
          upstream + (row * info.outWidth + first) * pixel,
          pixel,
          to + (i * kw + j) * pixel,
          last - first,
          pixel,
        );
      }
    }
  }
  return out;
};

/** Kernels that have a loop in JavaScript, and on wasm vector instructions for the usual shapes. */
export const vectorisedKernels: readonly Composition[] = [
  vectorised(maximumKernel, extreme('maximum')),
  vectorised(minimumKernel, extreme('minimum')),
  vectorised<tf.ClipByValueAttrs>(clipKernel, ({ x }, { clipValueMin, clipValueMax }, backend, simd) =>
    clamp(x!, clipValueMin, clipValueMax, backend, simd),
  ),
  vectorised(relu6Kernel, ({ x }, _, backend, simd) => clamp(x!, 0, 6, backend, simd)),
  vectorised(signKernel, eachFloat('sign')),
  vectorised(log1pKernel, eachFloat('log1p')),
  vectorised(maxPoolGradKernel, maxPoolGradient),
  vectorised(depthwiseFilterKernel, depthwiseFilter),
];
