import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { expectGradient, type GradientCheckOptions, testBackends } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { distinct, uniform } from './tensors.js';

type Fn = (...inputs: tf.Tensor[]) => tf.Tensor;
type Case = [name: string, fn: Fn, inputs: () => tf.Tensor[], options?: GradientCheckOptions];

const any = (): tf.Tensor[] => [uniform([2, 3, 4], 1)];
const positive = (): tf.Tensor[] => [uniform([2, 3, 4], 2, 0.5, 2)];
const small = (): tf.Tensor[] => [uniform([2, 3, 4], 3, -0.8, 0.8)];
/** Away from the kinks at 0, ±1, … */
const offKinks = (): tf.Tensor[] => [distinct([2, 3, 4], 4, 0.25)];
const image = (): tf.Tensor[] => [distinct([2, 5, 6, 2], 5, 0.1)];
const volume = (): tf.Tensor[] => [distinct([1, 4, 5, 4, 2], 6, 0.1)];

const t1 = (x: tf.Tensor | undefined): tf.Tensor1D => x as tf.Tensor1D;
const t2 = (x: tf.Tensor | undefined): tf.Tensor2D => x as tf.Tensor2D;
const t3 = (x: tf.Tensor | undefined): tf.Tensor3D => x as tf.Tensor3D;
const t4 = (x: tf.Tensor | undefined): tf.Tensor4D => x as tf.Tensor4D;
const t5 = (x: tf.Tensor | undefined): tf.Tensor5D => x as tf.Tensor5D;
const ints = (values: number[], shape: number[] = [values.length]): tf.Tensor => tf.tensor(values, shape, 'int32');

const unary: Case[] = [
  ...(
    [
      ['cos', tf.cos],
      ['cosh', tf.cosh],
      ['sin', tf.sin],
      ['sinh', tf.sinh],
      ['tanh', tf.tanh],
      ['asinh', tf.asinh],
      ['atan', tf.atan],
      ['erf', tf.erf],
      ['exp', tf.exp],
      ['expm1', tf.expm1],
      ['neg', tf.neg],
      ['sigmoid', tf.sigmoid],
      ['softplus', tf.softplus],
      ['square', tf.square],
      ['logSigmoid', tf.logSigmoid],
    ] as [string, Fn][]
  ).map(([name, fn]): Case => [name, fn, any]),
  ...(
    [
      ['log', tf.log],
      ['log1p', tf.log1p],
      ['sqrt', tf.sqrt],
      ['rsqrt', tf.rsqrt],
      ['reciprocal', tf.reciprocal],
    ] as [string, Fn][]
  ).map(([name, fn]): Case => [name, fn, positive]),
  ...(
    [
      ['acos', tf.acos],
      ['asin', tf.asin],
      ['atanh', tf.atanh],
      ['tan', tf.tan],
    ] as [string, Fn][]
  ).map(([name, fn]): Case => [name, fn, small]),
  ['acosh', (x) => tf.acosh(x!), () => [uniform([5], 1, 1.5, 3)]],
  ...(
    [
      ['abs', tf.abs],
      ['relu', tf.relu],
      ['relu6', tf.relu6],
      ['leakyRelu', tf.leakyRelu],
      ['elu', tf.elu],
      ['selu', tf.selu],
      ['ceil', tf.ceil],
      ['floor', tf.floor],
      ['round', tf.round],
      ['sign', tf.sign],
      ['step', tf.step],
      ['clipByValue', (x: tf.Tensor) => tf.clipByValue(x, -1.05, 0.95)],
    ] as [string, Fn][]
  ).map(([name, fn]): Case => [name, fn, offKinks]),
  ['relu6 above 6', (x) => tf.relu6(x!), () => [tf.tensor1d([5, 7, -1])]],
  ['softmax', (x) => tf.softmax(x!), any],
  ['logSoftmax', (x) => tf.logSoftmax(x!), any],
  ['prelu', (x, a) => tf.prelu(x!, a!), () => [distinct([2, 3, 4], 4, 0.25), uniform([4], 5)]],
  ['clone and cast', (x) => tf.cast(tf.clone(x!), 'float32'), any],
];

const a34 = (): tf.Tensor => uniform([2, 3, 4], 7);
const b4 = (): tf.Tensor => uniform([4], 8, 0.5, 2);
const b31 = (): tf.Tensor => uniform([3, 1], 9, 0.5, 2);

const binary: Case[] = [
  ...(
    [
      ['add', tf.add],
      ['sub', tf.sub],
      ['mul', tf.mul],
      ['div', tf.div],
      ['squaredDifference', tf.squaredDifference],
      ['atan2', tf.atan2],
      ['divNoNan', tf.divNoNan],
    ] as [string, Fn][]
  ).flatMap(([name, fn]): Case[] => [
    [name, fn, () => [a34(), uniform([2, 3, 4], 10, 0.5, 2)]],
    [`${name}, broadcast right`, fn, () => [a34(), b4()]],
    [`${name}, broadcast both`, fn, () => [uniform([2, 1, 4], 11), b31()]],
    [`${name}, broadcast left by a scalar`, fn, () => [uniform([], 12), b31()]],
  ]),
  ['maximum', (a, b) => tf.maximum(a!, b!), () => [distinct([2, 3, 4], 1), distinct([4], 2, 0.17)], { step: 1e-3 }],
  ['minimum', (a, b) => tf.minimum(a!, b!), () => [distinct([3, 1], 1), distinct([2, 1, 4], 2, 0.17)], { step: 1e-3 }],
  ['pow', (a, b) => tf.pow(a!, b!), () => [uniform([2, 3, 4], 1, 0.5, 2), uniform([4], 2)]],
  ['pow of negative numbers', (a) => tf.pow(a!, 3), () => [uniform([4], 1, -2, -1)]],
  ['mod', (a, b) => tf.mod(a!, b!), () => [tf.tensor1d([5.3, -2.2, 7.1]), tf.tensor1d([2, 3, -4])]],
  ['floorDiv', (a, b) => tf.floorDiv(a!, b!), () => [tf.tensor1d([5.3, -2.2]), tf.tensor1d([2, 3])]],
  ['addN', (a, b) => tf.addN([a!, b!, a!]), () => [a34(), a34()]],
  [
    'where',
    (a, b) =>
      tf.where(
        tf.greater(
          tf.tensor2d([
            [1, -1],
            [0, 3],
          ]),
          0,
        ),
        a!,
        b!,
      ),
    () => [uniform([2, 2], 1), uniform([2, 2], 2)],
  ],
  [
    'where broadcasts',
    (a, b) => tf.where(tf.tensor2d([[1], [0]], [2, 1], 'bool'), a!, b!),
    () => [uniform([2, 3], 1), uniform([1, 3], 2)],
  ],
  [
    'comparisons are flat',
    (a, b) => tf.mul(a!, tf.cast(tf.greater(a!, b!), 'float32')),
    () => [distinct([4], 1), distinct([4], 2, 0.17)],
  ],
];

const reductions: Case[] = [
  ...[undefined, 0, [1], [0, 2], -1].flatMap((axis): Case[] => [
    [`sum over ${String(axis)}`, (x) => tf.sum(x!, axis), any],
    [`mean over ${String(axis)}, kept`, (x) => tf.mean(x!, axis, true), any],
    [`max over ${String(axis)}`, (x) => tf.max(x!, axis), offKinks, { step: 1e-2 }],
    [`min over ${String(axis)}, kept`, (x) => tf.min(x!, axis, true), offKinks, { step: 1e-2 }],
    [`prod over ${String(axis)}`, (x) => tf.prod(x!, axis), () => [uniform([2, 3, 2], 2, 0.7, 1.5)]],
  ]),
  [
    'prod with zeros',
    (x) => tf.prod(x!, 1),
    () => [
      tf.tensor2d([
        [2, 0, 3],
        [0, 1, 0],
        [1, 2, 3],
      ]),
    ],
  ],
  ['logSumExp', (x) => tf.logSumExp(x!, 1), any],
  ['moments', (x) => tf.moments(x!, [0, 2]).variance, any],
  ['norm', (x) => tf.norm(x!), any],
  ...[false, true].flatMap((exclusive) =>
    [false, true].flatMap((reverse): Case[] => [
      [`cumsum ${exclusive} ${reverse}`, (x) => tf.cumsum(x!, 1, exclusive, reverse), any],
      [
        `cumprod ${exclusive} ${reverse}`,
        (x) => tf.cumprod(x!, -1, exclusive, reverse),
        () => [
          tf.tensor2d([
            [0.5, 0, 1.5, 2],
            [-1, 0.7, 1.2, -0.4],
          ]),
        ],
      ],
    ]),
  ),
];

const shapes: Case[] = [
  ['reshape', (x) => tf.reshape(x!, [4, -1]), any],
  ['expandDims and squeeze', (x) => tf.squeeze(tf.expandDims(x!, 1)), any],
  ['transpose', (x) => tf.transpose(x!, [2, 0, 1]), any],
  ['transpose of all axes', (x) => tf.transpose(x!), any],
  ['reverse', (x) => tf.reverse(x!, [0, -1]), any],
  ['slice', (x) => tf.slice(x!, [0, 1, 1], [-1, 2, 2]), any],
  ['slice from a number', (x) => tf.slice(x!, 1, 1), any],
  [
    'pad',
    (x) =>
      tf.pad(
        x!,
        [
          [1, 0],
          [0, 2],
          [1, 1],
        ],
        3,
      ),
    any,
  ],
  [
    'mirrorPad reflect',
    (x) =>
      tf.mirrorPad(
        x!,
        [
          [0, 0],
          [2, 1],
          [1, 3],
        ],
        'reflect',
      ),
    any,
  ],
  [
    'mirrorPad symmetric',
    (x) =>
      tf.mirrorPad(
        x!,
        [
          [1, 2],
          [3, 3],
          [0, 1],
        ],
        'symmetric',
      ),
    any,
  ],
  ['concat', (a, b) => tf.concat([a!, b!, a!], 1), () => [uniform([2, 3, 4], 1), uniform([2, 1, 4], 2)]],
  ['split', (x) => tf.mul(tf.split(x!, [1, 3], -1)[1]!, tf.split(x!, [1, 3], 2)[0]!), any],
  ['split, one part unused', (x) => tf.split(x!, 3, 1)[1]!, any],
  ['stack', (a, b) => tf.stack([a!, b!], -1), () => [uniform([2, 3], 1), uniform([2, 3], 2)]],
  ['unstack', (x) => tf.sub(tf.unstack(x!, 1)[2]!, tf.unstack(x!, 1)[0]!), any],
  ['tile', (x) => tf.tile(x!, [2, 1, 3]), any],
  ['tile of 5 axes', (x) => tf.tile(x!, [2, 1, 2, 1, 3]), () => [uniform([1, 2, 1, 2, 2], 1)]],
  ['broadcastTo', (x) => tf.broadcastTo(x!, [3, 2, 4]), () => [uniform([2, 1], 1)]],
  ['stridedSlice', (x) => tf.stridedSlice(x!, [0, 2, 1], [2, 0, 4], [1, -1, 2]), any],
  [
    'stridedSlice with dropped and new axes',
    (x) => tf.stridedSlice(x!, [1, 0, 0], [2, 1, 3], [1, 1, 2], 0, 0, 0, 2, 1),
    any,
  ],
  [
    'spaceToBatchND',
    (x) =>
      tf.spaceToBatchND(
        x!,
        [2, 3],
        [
          [1, 0],
          [0, 0],
        ],
      ),
    image,
  ],
  [
    'batchToSpaceND',
    (x) =>
      tf.batchToSpaceND(
        x!,
        [2, 2],
        [
          [1, 0],
          [0, 1],
        ],
      ),
    () => [uniform([4, 3, 2, 2], 1)],
  ],
  ['depthToSpace', (x) => tf.depthToSpace(t4(x), 2), () => [uniform([2, 2, 3, 8], 1)]],
  ['diag', (x) => tf.diag(x!), () => [uniform([2, 2], 1)]],
  ['flipLeftRight', (x) => tf.image.flipLeftRight(t4(x)), image],
  ['gather', (x) => tf.gather(x!, ints([0, 2, 2, 1], [2, 2]), 1), any],
  ['gather from the end', (x) => tf.gather(x!, ints([3, 0]), -1), any],
  ['gather in batches', (x) => tf.gather(x!, ints([0, 2, 2, 1], [2, 2]), 1, 1), any],
  ['gather in batches, later axis', (x) => tf.gather(x!, ints([0, 3, 3, 1, 2, 0], [2, 3]), 2, 1), any],
  ['unsortedSegmentSum', (x) => tf.unsortedSegmentSum(x!, t1(ints([1, -1, 1, 0])), 3), () => [uniform([4, 2, 3], 1)]],
  ['gatherND', (x) => tf.gatherND(x!, ints([0, 1, 1, 2, 0, 1], [3, 2])), any],
  [
    'scatterND adds repeated places',
    (x) => tf.scatterND(ints([3, 1, 3], [3, 1]), x!, [5, 2]),
    () => [uniform([3, 2], 1)],
  ],
  [
    'tensorScatterUpdate',
    (x, u) => tf.tensorScatterUpdate(x!, ints([0, 2], [2, 1]), u!),
    () => [uniform([4, 2], 1), uniform([2, 2], 2)],
  ],
  [
    'sparseToDense',
    (v, d) => tf.sparseToDense(ints([0, 2]), t1(v), [4], d as tf.Scalar),
    () => [uniform([2], 1), uniform([], 2)],
  ],
  ['topk', (x) => tf.topk(x!, 2).values, () => [distinct([2, 3, 4], 1)]],
  ['topk of unsorted', (x) => tf.topk(x!, 1, false).values, () => [distinct([2, 5], 1)]],
];

const products: Case[] = [
  ...[false, true].flatMap((ta) =>
    [false, true].map((tb): Case => [
      `matMul ${ta} ${tb}`,
      (a, b) => tf.matMul(a!, b!, ta, tb),
      () => [uniform(ta ? [2, 4, 3] : [2, 3, 4], 1), uniform(tb ? [2, 5, 4] : [2, 4, 5], 2)],
    ]),
  ),
  [
    'matMul broadcasts the right',
    (a, b) => tf.matMul(a!, b!, false, true),
    () => [uniform([3, 2, 4], 1), uniform([1, 5, 4], 2)],
  ],
  ['matMul broadcasts the left', (a, b) => tf.matMul(a!, b!, true), () => [uniform([4, 2], 1), uniform([3, 4, 5], 2)]],
  ['matMul broadcasts both', (a, b) => tf.matMul(a!, b!), () => [uniform([2, 1, 2, 3], 1), uniform([3, 3, 2], 2)]],
  ['dot', (a, b) => tf.dot(a!, b!), () => [uniform([4], 1), uniform([4], 2)]],
  ['outerProduct', (a, b) => tf.outerProduct(t1(a), t1(b)), () => [uniform([4], 1), uniform([3], 2)]],
  ['einsum ij,jk->ik', (a, b) => tf.einsum('ij,jk->ik', a!, b!), () => [uniform([2, 3], 1), uniform([3, 4], 2)]],
  [
    'einsum with a label of one operand only',
    (a, b) => tf.einsum('ijl,jk->ki', a!, b!),
    () => [uniform([2, 3, 2], 1), uniform([3, 4], 2)],
  ],
  [
    'einsum of attention',
    (a, b) => tf.einsum('bqhd,bkhd->bhqk', a!, b!),
    () => [uniform([2, 3, 2, 2], 1), uniform([2, 4, 2, 2], 2)],
  ],
  ['einsum of one', (a) => tf.einsum('ijk->kj', a!), any],
  [
    'einsum of three',
    (a, b, c) => tf.einsum('ij,jk,kl->il', a!, b!, c!),
    () => [uniform([2, 3], 1), uniform([3, 2], 2), uniform([2, 3], 3)],
  ],
  [
    'linear algebra: fused matMul',
    (a, b) => tf.fused.matMul({ a: a!, b: b! }),
    () => [uniform([2, 3], 1), uniform([3, 2], 2)],
  ],
];

const pictures: Case[] = [
  ...(
    [
      [2, 2, 'valid'],
      [3, 2, 'same'],
      [3, 1, 1],
      [[2, 3], [1, 2], 'same'],
    ] as [number, number, 'valid' | 'same' | number][]
  ).flatMap(([size, stride, pad]): Case[] => [
    [`maxPool ${size} / ${stride} ${pad}`, (x) => tf.maxPool(t4(x), size, stride, pad), image, { step: 1e-2 }],
    [`avgPool ${size} / ${stride} ${pad}`, (x) => tf.avgPool(t4(x), size, stride, pad), image],
  ]),
  ['maxPool of negative numbers', (x) => tf.maxPool(t4(tf.sub(x!, 20)), 2, 2, 'same'), image, { step: 1e-2 }],
  ['maxPoolWithArgmax', (x) => tf.maxPoolWithArgmax(t4(x), 3, 2, 'same').result!, image, { step: 1e-2 }],
  ['maxPool3d', (x) => tf.maxPool3d(t5(x), 2, 2, 'same'), volume, { step: 1e-2 }],
  ['avgPool3d', (x) => tf.avgPool3d(t5(x), 3, 2, 'same'), volume],
  ...[
    [false, false],
    [true, false],
    [false, true],
  ].flatMap(([align, half]): Case[] => [
    [`resizeBilinear up ${align} ${half}`, (x) => tf.image.resizeBilinear(t4(x), [9, 7], align, half), image],
    [`resizeBilinear down ${align} ${half}`, (x) => tf.image.resizeBilinear(t4(x), [3, 4], align, half), image],
    [`resizeNearest up ${align} ${half}`, (x) => tf.image.resizeNearestNeighbor(t4(x), [9, 7], align, half), image],
    [`resizeNearest down ${align} ${half}`, (x) => tf.image.resizeNearestNeighbor(t4(x), [3, 4], align, half), image],
  ]),
  [
    'cropAndResize',
    (x, boxes) => tf.image.cropAndResize(t4(x), t2(boxes), t1(ints([1, 0, 1])), [3, 4]),
    () => [
      uniform([2, 5, 6, 2], 1),
      tf.tensor2d([
        [0.11, 0.23, 0.71, 0.83],
        [0.33, -0.2, 1.3, 0.9],
        [0.9, 0.7, 0.2, 0.1],
      ]),
    ],
    { step: 1e-3, rtol: 3e-2, atol: 2e-2 },
  ],
  [
    'cropAndResize, nearest',
    (x) => tf.image.cropAndResize(t4(x), tf.tensor2d([[0.1, 0.2, 0.7, 0.8]]), t1(ints([1])), [2, 1], 'nearest'),
    () => [uniform([2, 5, 6, 2], 1)],
  ],
  [
    'batchNorm',
    (x, m, v, o, s) => tf.batchNorm(x!, t1(m), t1(v), t1(o), t1(s), 1e-3),
    () => [uniform([2, 3, 2, 4], 1), uniform([4], 2), uniform([4], 3, 0.5, 2), uniform([4], 4), uniform([4], 5)],
  ],
  [
    'localResponseNormalization',
    (x) => tf.localResponseNormalization(t4(x), 2, 1, 0.5, 0.75),
    () => [uniform([1, 2, 2, 6], 1)],
  ],
  [
    'dilation2d',
    (x, f) => tf.dilation2d(t4(x), t3(f), 1, 'valid'),
    () => [distinct([1, 4, 4, 1], 1, 0.31), distinct([2, 2, 1], 2, 0.17)],
    { step: 1e-3, atol: 1e-2 },
  ],
  ...(
    [
      [1, 'same', 1, 1],
      [2, 'same', 1, 1],
      [1, 'valid', 2, 1],
      [
        1,
        [
          [0, 0],
          [2, 0],
          [0, 1],
          [0, 0],
        ],
        1,
        2,
      ],
      [2, 'valid', 1, 2],
    ] as [number, 'same' | 'valid' | tf.backend_util.ExplicitPadding, number, number][]
  ).map(([stride, pad, dilation, multiplier]): Case => [
    `depthwiseConv2d / ${stride} ${String(pad)}, dilation ${dilation}, multiplier ${multiplier}`,
    (x, w) => tf.depthwiseConv2d(t4(x), t4(w), stride, pad, 'NHWC', dilation),
    () => [uniform([1, 6, 5, 2], 1), uniform([3, 2, 2, multiplier], 2)],
  ]),
  [
    'separableConv2d',
    (x, d, p) => tf.separableConv2d(t4(x), t4(d), t4(p), 1, 'same'),
    () => [uniform([1, 4, 4, 2], 1), uniform([3, 3, 2, 1], 2), uniform([1, 1, 2, 3], 3)],
  ],
  ['conv1d', (x, w) => tf.conv1d(t3(x), t3(w), 2, 'same'), () => [uniform([2, 7, 2], 1), uniform([3, 2, 2], 2)]],
  [
    'conv2dTranspose',
    (x, w) => tf.conv2dTranspose(t4(x), t4(w), [1, 7, 6, 2], 2, 'same'),
    () => [uniform([1, 4, 3, 3], 1), uniform([3, 3, 2, 3], 2)],
  ],
  [
    'conv3d',
    (x, w) => tf.conv3d(t5(x), t5(w), 1, 'same'),
    () => [uniform([2, 3, 4, 3, 2], 1), uniform([2, 3, 2, 2, 2], 2)],
  ],
  [
    'conv3d / 2',
    (x, w) => tf.conv3d(t5(x), t5(w), 2, 'same'),
    () => [uniform([1, 5, 4, 5, 2], 1), uniform([3, 3, 3, 2, 2], 2)],
  ],
  [
    'conv3d, dilated',
    (x, w) => tf.conv3d(t5(x), t5(w), 1, 'valid', 'NDHWC', 2),
    () => [uniform([1, 5, 4, 5, 1], 1), uniform([2, 2, 2, 1, 2], 2)],
  ],
  [
    'conv3dTranspose',
    (x, w) => tf.conv3dTranspose(t5(x), t5(w), [1, 4, 4, 4, 2], 2, 'same'),
    () => [uniform([1, 2, 2, 2, 3], 1), uniform([3, 3, 3, 2, 3], 2)],
  ],
  [
    'fused conv2d',
    (x, w, b) => tf.fused.conv2d({ x: t4(x), filter: t4(w), bias: t1(b), strides: 1, pad: 'same' }),
    () => [uniform([1, 4, 4, 2], 1), uniform([3, 3, 2, 2], 2), uniform([2], 3)],
  ],
];

const power = (z: tf.Tensor): tf.Tensor => tf.add(tf.square(tf.real(z)), tf.mul(2, tf.square(tf.imag(z))));

const spectra: Case[] = [
  ['complex, real and imag', (a, b) => power(tf.complex(a!, b!)), () => [uniform([3], 1), uniform([3], 2)]],
  ['abs of complex', (a, b) => tf.abs(tf.complex(a!, b!)), () => [uniform([3], 1, 0.5, 1), uniform([3], 2)]],
  ['fft', (a, b) => power(tf.fft(tf.complex(a!, b!))), () => [uniform([2, 6], 1), uniform([2, 6], 2)]],
  ['ifft', (a, b) => power(tf.ifft(tf.complex(a!, b!))), () => [uniform([2, 7], 1), uniform([2, 7], 2)]],
  ['rfft', (x) => power(tf.spectral.rfft(x!)), () => [uniform([2, 10], 1)]],
  ['irfft', (a, b) => tf.spectral.irfft(tf.complex(a!, b!)), () => [uniform([2, 5], 1), uniform([2, 5], 2)]],
  ['stft', (x) => tf.abs(tf.signal.stft(t1(x), 8, 4)), () => [uniform([24], 1)], { rtol: 2e-2 }],
  [
    'products of complex numbers',
    (a, b) => {
      const [x, y] = [tf.complex(a!, tf.mul(a!, 0.5)), tf.complex(b!, tf.neg(b!))];
      return power(tf.sub(tf.mul(x, y), tf.add(x, tf.mul(y, a!))));
    },
    () => [uniform([2, 3], 1), uniform([3], 2)],
  ],
];

const families: [string, Case[]][] = [
  ['elementwise functions', unary],
  ['functions of two tensors', binary],
  ['reductions', reductions],
  ['moving values', shapes],
  ['products', products],
  ['pictures and volumes', pictures],
  ['spectra', spectra],
];

for (const backend of testBackends('cpu', 'wasm')) {
  describe(`gradients on ${backend}`, () => {
    beforeAll(() => useBackend(backend));

    describe.each(families)('%s', (_, cases) => {
      it.each(cases)('%s', (__, fn, inputs, options) => {
        const given = inputs();
        const before = tf.memory().numTensors;
        expectGradient(fn, given, options);
        expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
      });
    });
  });
}
