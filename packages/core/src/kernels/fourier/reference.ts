import * as tf from '@tensorflow/tfjs-core';
import { complexDft, halfDft, halfInverseDft } from './products.js';
import type { DftAttrs, FourierInputs, RealDftAttrs, RealInverseDftAttrs } from './spec.js';

const scaled = (x: tf.Tensor, factor: number): tf.Tensor => (factor === 1 ? x : tf.mul(x, factor));

export function dft({ x }: FourierInputs, { sign, factor }: DftAttrs): tf.Tensor[] {
  return [scaled(complexDft(x, sign), factor)];
}

export function realDft({ x }: FourierInputs, { doubled, factor }: RealDftAttrs): tf.Tensor[] {
  return [scaled(halfDft(x, doubled), factor)];
}

export function realInverseDft({ x }: FourierInputs, { n, doubled, factor }: RealInverseDftAttrs): tf.Tensor[] {
  return [scaled(halfInverseDft(x, n, doubled), factor)];
}
