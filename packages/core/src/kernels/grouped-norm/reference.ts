import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { channelMeans, scaleShift } from '../channels.js';
import type {
  FixedNormAttrs,
  FixedNormGradInputs,
  FixedNormInputs,
  GroupedNormAttrs,
  GroupedNormGradInputs,
  GroupedNormInputs,
} from './spec.js';

/*
 * As few passes over x as it takes; large intermediates are freed as soon as they have served, so that the next one is written
 * into memory that is still in the processor's cache.
 */

type Vector = tf.Tensor | null;

/** x [..., c] as [batch, positions, c]. */
function entriesOf(x: tf.Tensor, batch: number): tf.Tensor {
  const c = x.shape.at(-1)!;
  return tf.reshape(x, [batch, x.size / (batch * c), c]);
}

/** Means of [b, c] over the channels of each group: [b, groups]. */
function groupMeans(v: tf.Tensor, groups: number): tf.Tensor {
  const [b, c] = v.shape as [number, number];
  return groups === c ? v : tf.mean(tf.reshape(v, [b, groups, c / groups]), 2);
}

/** Numbers [b, groups] repeated for each channel: [b, c]. */
function perChannel(v: tf.Tensor, c: number): tf.Tensor {
  const [b, groups] = v.shape as [number, number];
  return groups === c ? v : tf.reshape(tf.tile(tf.expandDims(v, 2), [1, 1, c / groups]), [b, c]);
}

const inverseOf = (variance: tf.Tensor, eps: number): tf.Tensor => tf.rsqrt(tf.add(variance, eps));

/** centred · inverse · weight + bias. */
function affine(centred: tf.Tensor, inverse: tf.Tensor, weight: Vector, bias: Vector): tf.Tensor {
  const [b, , c] = centred.shape as [number, number, number];
  const row = (v: tf.Tensor): tf.Tensor => (b === 1 ? tf.reshape(v, [1, c]) : v);
  const scale = weight === null ? inverse : tf.mul(inverse, row(weight));
  return scaleShift(centred, scale, bias === null ? null : tf.add(tf.zeros([b, c]), row(bias)));
}

export function groupedNorm(inputs: GroupedNormInputs, attrs: GroupedNormAttrs): tf.Tensor[] {
  const { x, weight = null, bias = null } = inputs;
  const { batch, groups, eps, relu } = attrs;
  const c = x.shape.at(-1)!;
  if (x.size === 0) {
    const none = (): tf.Tensor => tf.fill([batch, groups], c === 0 ? 0 : NaN);
    return [tf.clone(x), none(), none()];
  }
  const entries = entriesOf(x, batch);
  const mean = groupMeans(channelMeans(entries), groups);
  const centred = scaleShift(entries, null, tf.neg(perChannel(mean, c)));
  const variance = scope(() => groupMeans(channelMeans(tf.square(centred)), groups));
  const y = affine(centred, perChannel(inverseOf(variance, eps), c), weight, bias);
  return [tf.reshape(relu ? tf.relu(y) : y, x.shape), mean, variance];
}

export function groupedNormGrad(inputs: GroupedNormGradInputs, attrs: GroupedNormAttrs): tf.Tensor[] {
  const { x, dy, mean, variance, weight = null, bias = null } = inputs;
  const { batch, groups, eps, relu } = attrs;
  const c = x.shape.at(-1)!;
  if (x.size === 0) return [tf.clone(dy), tf.zeros([c]), tf.zeros([c])];
  const positions = x.size / (batch * c);
  const inverse = perChannel(inverseOf(variance, eps), c);
  const centred = scaleShift(entriesOf(x, batch), null, tf.neg(perChannel(mean, c)));
  let upstream = entriesOf(dy, batch);
  if (relu) upstream = tf.mul(upstream, tf.step(affine(centred, inverse, weight, bias)));
  const meanDy = channelMeans(upstream);
  const meanDyNormed = scope(() => tf.mul(channelMeans(tf.mul(upstream, centred)), inverse));
  const weighted = (v: tf.Tensor): tf.Tensor =>
    perChannel(groupMeans(weight === null ? v : tf.mul(v, weight), groups), c);
  const slope = weight === null ? inverse : tf.mul(inverse, weight);
  const ofDy = scaleShift(upstream, slope, tf.neg(tf.mul(inverse, weighted(meanDy))));
  const ofX = scaleShift(centred, tf.neg(tf.mul(tf.square(inverse), weighted(meanDyNormed))), null);
  const total = (v: tf.Tensor): tf.Tensor => tf.mul(tf.sum(v, 0), positions);
  return [tf.reshape(tf.add(ofDy, ofX), x.shape), total(meanDyNormed), total(meanDy)];
}

/** In one pass: a scale and a shift. */
export function fixedNorm(inputs: FixedNormInputs, { eps, relu }: FixedNormAttrs): tf.Tensor[] {
  const { x, mean, variance, weight = null, bias = null } = inputs;
  if (x.size === 0) return [tf.clone(x)];
  const inverse = inverseOf(variance, eps);
  const scale = weight === null ? inverse : tf.mul(inverse, weight);
  const shift = tf.neg(tf.mul(mean, scale));
  const row = (v: tf.Tensor): tf.Tensor => tf.reshape(v, [1, v.size]);
  const y = scaleShift(entriesOf(x, 1), row(scale), row(bias === null ? shift : tf.add(shift, bias)));
  return [tf.reshape(relu ? tf.relu(y) : y, x.shape)];
}

export function fixedNormGrad(inputs: FixedNormGradInputs, { eps, relu }: FixedNormAttrs): tf.Tensor[] {
  const { x, dy, mean, variance, weight = null, bias = null } = inputs;
  const c = x.shape.at(-1)!;
  if (x.size === 0) return [tf.clone(dy), tf.zeros([c]), tf.zeros([c])];
  const row = (v: tf.Tensor): tf.Tensor => tf.reshape(v, [1, c]);
  let upstream = entriesOf(dy, 1);
  if (relu) {
    const [y] = fixedNorm({ x, mean, variance, weight, bias }, { eps, relu: false });
    upstream = tf.mul(upstream, entriesOf(tf.step(y!), 1));
  }
  const inverse = inverseOf(variance, eps);
  const total = (v: tf.Tensor): tf.Tensor => tf.mul(tf.reshape(channelMeans(v), [c]), x.size / c);
  const dx = scaleShift(upstream, row(weight === null ? inverse : tf.mul(inverse, weight)), null);
  const products = scope(() => total(tf.mul(upstream, scaleShift(entriesOf(x, 1), null, row(tf.neg(mean))))));
  return [tf.reshape(dx, x.shape), tf.mul(products, inverse), total(upstream)];
}
