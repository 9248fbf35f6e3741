import * as tf from '@tensorflow/tfjs-core';
import { ElementwiseGrad, type FromInput, type FromOutput } from '../kernels/elementwise-grad/spec.js';
import { isCarried, openComplex } from '../completion/host/complex-gradient.js';
import { float } from './broadcast.js';
import { gradient, shapeOf, wasComplex, type InputGradients } from './define.js';

type Derivative = (dy: tf.Tensor, saved: tf.Tensor) => tf.Tensor;

/** A kernel of one input `x`, differentiated from its input. */
function fromInput(kernelName: string, derivative: Derivative): tf.GradConfig {
  return gradient(kernelName, { values: ['x'] }, (dy, [x]) => ({ x: () => derivative(dy, float(x!)) }));
}

/** A kernel of one input `x`, differentiated from its output, which later layers keep alive anyway. */
function fromOutput(kernelName: string, derivative: Derivative): tf.GradConfig {
  return gradient(kernelName, { output: true, recompute: ['x'] }, (dy, [y]) => ({ x: () => derivative(dy, y!) }));
}

/** {@link fromInput}, which backends may have in one pass. */
function fusedFromInput(kernelName: FromInput): tf.GradConfig {
  return fromInput(kernelName, (dy, x) => ElementwiseGrad.run({ dy, value: x }, { of: kernelName })[0]!);
}

/** {@link fromOutput}, which backends may have in one pass. */
function fusedFromOutput(kernelName: FromOutput): tf.GradConfig {
  return fromOutput(kernelName, (dy, y) => ElementwiseGrad.run({ dy, value: y }, { of: kernelName })[0]!);
}

/** A kernel that is constant almost everywhere. */
function flat(kernelName: string): tf.GradConfig {
  return gradient(kernelName, {}, (dy): InputGradients => ({ x: () => tf.zerosLike(dy) }));
}

const oneMinusSquare = (x: tf.Tensor): tf.Tensor => tf.sub(1, tf.square(x));
const onePlusSquare = (x: tf.Tensor): tf.Tensor => tf.add(1, tf.square(x));

/** Elementwise functions that are smooth, or that are constant almost everywhere. */
export const unaryGradients: readonly tf.GradConfig[] = [
  fusedFromInput(tf.Abs),
  fromInput(tf.Acos, (dy, x) => tf.neg(tf.mul(dy, tf.rsqrt(oneMinusSquare(x))))),
  fromInput(tf.Acosh, (dy, x) => tf.mul(dy, tf.rsqrt(tf.sub(tf.square(x), 1)))),
  fromInput(tf.Asin, (dy, x) => tf.mul(dy, tf.rsqrt(oneMinusSquare(x)))),
  fromInput(tf.Asinh, (dy, x) => tf.mul(dy, tf.rsqrt(onePlusSquare(x)))),
  fromInput(tf.Atan, (dy, x) => tf.div(dy, onePlusSquare(x))),
  fromInput(tf.Atanh, (dy, x) => tf.div(dy, oneMinusSquare(x))),
  fromInput(tf.Cos, (dy, x) => tf.neg(tf.mul(dy, tf.sin(x)))),
  fromInput(tf.Cosh, (dy, x) => tf.mul(dy, tf.sinh(x))),
  fusedFromInput(tf.Erf),
  fromOutput(tf.Exp, (dy, y) => tf.mul(dy, y)),
  fusedFromOutput(tf.Expm1),
  fromInput(tf.Log, (dy, x) => tf.div(dy, x)),
  fusedFromInput(tf.Log1p),
  gradient(tf.Neg, {}, (dy) => ({ x: () => tf.neg(dy) })),
  fusedFromOutput(tf.Reciprocal),
  fusedFromOutput(tf.Rsqrt),
  fusedFromOutput(tf.Sigmoid),
  fromInput(tf.Sin, (dy, x) => tf.mul(dy, tf.cos(x))),
  fromInput(tf.Sinh, (dy, x) => tf.mul(dy, tf.cosh(x))),
  fusedFromInput(tf.Softplus),
  fusedFromOutput(tf.Sqrt),
  fusedFromInput(tf.Square),
  fromOutput(tf.Tan, (dy, y) => tf.mul(dy, onePlusSquare(y))),
  fusedFromOutput(tf.Tanh),
  ...[tf.Ceil, tf.Floor, tf.Round, tf.Sign, tf.Step, tf.IsFinite, tf.IsInf, tf.IsNan, tf.OnesLike, tf.ZerosLike].map(
    flat,
  ),
  gradient(tf.LogicalNot, {}, (dy) => ({ x: () => tf.zerosLike(dy) })),
  // a float that became complex gets the real part
  gradient(tf.Cast, { shapes: ['x'] }, (dy, [x]) => ({
    x: () => (isCarried(dy) && !wasComplex(x!) ? tf.real(openComplex(dy)) : tf.clone(dy)),
  })),
  gradient(tf.Identity, {}, (dy) => ({ x: () => tf.clone(dy) })),
  gradient(tf.Multinomial, { shapes: ['logits'] }, (_, [logits]) => ({ logits: () => tf.zeros(shapeOf(logits!)) })),
  gradient<tf.OneHotAttrs>(tf.OneHot, { shapes: ['indices'] }, (_, [indices]) => ({
    indices: () => tf.zeros(shapeOf(indices!)),
  })),
];
