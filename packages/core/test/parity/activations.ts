import * as tf from '@tensorflow/tfjs-core';
import { functional as F } from '@hourglass/core';
import {
  opAdapter,
  type NamedTensors,
  type ParityAdapter,
  type ParityCase,
  type Runnable,
} from '@hourglass/core/testing';

type Op = (parityCase: ParityCase) => Runnable;

/** An operation of one input x and one output y. */
const unary =
  (fn: (x: tf.Tensor, number: (name: string, otherwise: number) => number, parityCase: ParityCase) => tf.Tensor): Op =>
  (parityCase) => ({
    forward: ({ x }) => ({
      y: fn(x!, (name, otherwise) => (parityCase.args[name] as number | undefined) ?? otherwise, parityCase),
    }),
  });

/** Applies an operation on the last axis to a tensor with channels on axis 1. */
function channelsLast(x: tf.Tensor, fn: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  if (x.rank < 3) return fn(x);
  const axes = x.shape.map((_, axis) => axis);
  const forth = [0, ...axes.slice(2), 1];
  const back = axes.map((axis) => forth.indexOf(axis));
  return tf.transpose(fn(tf.transpose(x, forth)), back);
}

const softmax: Op = ({ args, outputs }) => ({
  forward: ({ x }): NamedTensors => {
    const dim = (args['dim'] as number | undefined) ?? -1;
    if (outputs.has('y')) return { y: F.softmax(x!, dim) };
    return { s: F.softmax(x!, dim), ls: F.logSoftmax(x!, dim), sm: F.softmin(x!, dim) };
  },
});

export const adapters: ParityAdapter[] = [
  opAdapter({
    relu: unary((x) => F.relu(x)),
    relu6: unary((x) => F.relu6(x)),
    leaky_relu: unary((x, arg) => F.leakyRelu(x, arg('negative_slope', 0.01))),
    elu: unary((x, arg) => F.elu(x, arg('alpha', 1))),
    selu: unary((x) => F.selu(x)),
    celu: unary((x, arg) => F.celu(x, arg('alpha', 1))),
    gelu: unary((x, _, { args }) => F.gelu(x, { approximate: args['approximate'] === 'tanh' ? 'tanh' : 'none' })),
    gelu_new: unary((x) => F.gelu(x, { approximate: 'tanh' })),
    quick_gelu: unary((x) => F.quickGelu(x)),
    silu: unary((x) => F.silu(x)),
    mish: unary((x) => F.mish(x)),
    softplus: unary((x, arg) => F.softplus(x, { beta: arg('beta', 1), threshold: arg('threshold', 20) })),
    softsign: unary((x) => F.softsign(x)),
    tanhshrink: unary((x) => F.tanhshrink(x)),
    hardtanh: unary((x, arg) => F.hardtanh(x, arg('min_val', -1), arg('max_val', 1))),
    hardsigmoid: unary((x) => F.hardsigmoid(x)),
    hardswish: unary((x) => F.hardswish(x)),
    softshrink: unary((x, arg) => F.softshrink(x, arg('lambd', 0.5))),
    hardshrink: unary((x, arg) => F.hardshrink(x, arg('lambd', 0.5))),
    threshold: unary((x, arg) => F.threshold(x, arg('threshold', 0), arg('value', 0))),
    logsigmoid: unary((x) => F.logSigmoid(x)),
    'squared relu': unary((x) => F.squaredRelu(x)),
    snake: () => ({
      forward: ({ x, a }) => ({ y: channelsLast(x!, (x) => F.snake(x, a!)) }),
    }),
    sigmoid: unary((x) => F.sigmoid(x)),
    tanh: unary((x) => F.tanh(x)),
    erf: unary((x) => F.erf(x)),
    expm1: unary((x) => F.expm1(x)),
    sin: unary((x) => tf.sin(x)),
    cos: unary((x) => tf.cos(x)),
    atan: unary((x) => tf.atan(x)),
    log: unary((x) => tf.log(x)),
    sqrt: unary((x) => tf.sqrt(x)),
    rsqrt: unary((x) => tf.rsqrt(x)),
    log1p: unary((x) => tf.log1p(x)),
    digamma: unary((x) => F.digamma(x)),
    lgamma: unary((x) => F.lgamma(x)),
    prelu: () => ({
      forward: ({ x, w }) => ({ y: channelsLast(x!, (x) => F.prelu(x, w!)) }),
    }),
    glu: unary((x, arg) => F.glu(x, arg('dim', -1))),
    swiglu: unary((x, arg) => F.swiglu(x, arg('dim', -1))),
    geglu: unary((x, arg) => F.geglu(x, { dim: arg('dim', -1) })),
    reglu: unary((x, arg) => F.reglu(x, arg('dim', -1))),
    softmax,
    'softmax with -inf': softmax,
    logsumexp: unary((x, arg, { args }) => F.logsumexp(x, arg('dim', -1), { keepDim: args['keepdim'] === true })),
  }),
];
