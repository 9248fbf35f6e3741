import * as tf from '@tensorflow/tfjs-core';
import { channelMeans } from '../channels.js';
import { product } from '../../functional/axes/permute.js';
import { zerosFrom } from '../../functional/axes/constant.js';
import type { LinearAttrs, LinearGradientAttrs, LinearGradientInputs, LinearInputs } from './spec.js';

export function linear({ x, weight, bias }: LinearInputs, { activation }: LinearAttrs): tf.Tensor[] {
  const [inputs, outputs] = weight.shape as [number, number];
  const rows = product(x.shape.slice(0, -1));
  // not tf.fused.matMul: on wasm it packs the weight anew whenever the bias is another tensor
  const sum =
    x.size === 0
      ? zerosFrom([x, weight], [rows, outputs])
      : tf.matMul(tf.reshape(x, [rows, inputs]), weight as tf.Tensor2D);
  const shifted = bias == null ? sum : tf.add(sum, bias);
  const y = tf.reshape(shifted, [...x.shape.slice(0, -1), outputs]);
  return [activation === null ? y : tf.relu(y)];
}

export function linearGradient({ x, weight, dy }: LinearGradientInputs, attrs: LinearGradientAttrs): tf.Tensor[] {
  const [inputs, outputs] = weight.shape as [number, number];
  const rows = product(x.shape.slice(0, -1));
  if (rows === 0) {
    const shapes = [...(attrs.x ? [x.shape] : []), weight.shape, ...(attrs.bias ? [[outputs]] : [])];
    return shapes.map((shape) => zerosFrom([x, weight, dy], shape));
  }
  const dRows: tf.Tensor2D = tf.reshape(dy, [rows, outputs]);
  const gradients = [
    ...(attrs.x ? [tf.reshape(tf.matMul(dRows, weight as tf.Tensor2D, false, true), x.shape)] : []),
    tf.matMul(tf.reshape(x, [rows, inputs]), dRows, true, false),
  ];
  if (!attrs.bias) return gradients;
  const means = channelMeans(tf.reshape(dy, [1, rows, outputs]));
  return [...gradients, tf.mul(tf.reshape(means, [outputs]), rows)];
}
