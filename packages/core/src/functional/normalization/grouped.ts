import * as tf from '@tensorflow/tfjs-core';
import { GroupedNorm, GroupedNormGrad } from '../../kernels/grouped-norm/spec.js';
import { scope } from '../../memory.js';
import { customOp } from '../../gradients/custom-op.js';
import { channelMeans, scaleShift } from '../../kernels/channels.js';

/** Means and biased variances of each batch entry and channel group: [b, groups]. */
export interface Statistics {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

interface GroupedNormOptions {
  /** Entries with statistics of their own: leading axes of x that have this many positions together. */
  readonly batch: number;
  readonly groups: number;
  readonly eps: number;
  /** Applied to the result. Default none. */
  readonly activation?: 'relu' | undefined;
  /** Called with the statistics during the forward pass, for a group per channel; they are freed afterwards. */
  readonly onStatistics?: (statistics: Statistics) => void;
}

/**
 * Normalises x [..., c], seen as [batch, positions, c], over positions and the channels of each group, then scales and shifts channels:
 * batch norm is a batch of 1 with a group per channel, instance norm a group per channel, group norm the general case.
 * The backward pass is the closed form, in as few passes over x as it takes; large intermediates are freed as soon as they
 * have served, so that the next one is written into memory that is still in the processor's cache.
 */
export function groupedNorm(
  x: tf.Tensor,
  weight: tf.Tensor | null,
  bias: tf.Tensor | null,
  options: GroupedNormOptions,
): tf.Tensor {
  const { batch: b, groups, eps, activation, onStatistics } = options;
  const relu = activation === 'relu';
  if (relu && !GroupedNorm.isBrought) {
    return tf.relu(groupedNorm(x, weight, bias, { ...options, activation: undefined }));
  }
  const c = x.shape.at(-1)!;
  const p = x.size / (b * c);
  const attrs = { batch: b, groups, eps, relu };
  const entries = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [b, p, c]);
  const row = (v: tf.Tensor): tf.Tensor => (b === 1 ? tf.reshape(v, [1, c]) : v);
  const moments = (x: tf.Tensor): [centred: tf.Tensor, inverse: tf.Tensor, statistics: Statistics] => {
    const mean = acrossGroups(channelMeans(x), groups);
    const centred = scaleShift(x, null, tf.neg(mean));
    const variance = scope(() => acrossGroups(channelMeans(tf.square(centred)), groups));
    return [centred, tf.rsqrt(tf.add(variance, eps)), { mean, variance }];
  };
  type Affine = readonly [weight: tf.Tensor | null, bias: tf.Tensor | null];
  const normalised = (centred: tf.Tensor, inverse: tf.Tensor, [weight, bias]: Affine): tf.Tensor => {
    const scale = weight === null ? inverse : tf.mul(inverse, row(weight));
    const shift = bias === null ? null : tf.add(tf.zeros([b, c]), row(bias));
    return scaleShift(centred, scale, shift);
  };
  return customOp(
    [x, ...(weight === null ? [] : [weight]), ...(bias === null ? [] : [bias])],
    (x) => {
      const own = GroupedNorm.run({ x: x!, weight, bias }, attrs);
      if (own !== null) {
        const [value, mean, variance] = own as [tf.Tensor, tf.Tensor, tf.Tensor];
        onStatistics?.({ mean, variance });
        return { value, saved: [mean, variance] };
      }
      const [centred, inverse, statistics] = moments(entries(x!));
      onStatistics?.(statistics);
      const value = tf.reshape(normalised(centred, inverse, [weight, bias]), x!.shape);
      return { value, saved: [statistics.mean, inverse] };
    },
    (dy, [x, ...parameters], saved) => {
      const affine: Affine = [weight && parameters[0]!, bias && parameters.at(-1)!];
      const own =
        saved &&
        GroupedNormGrad.run(
          { dy, x: x!, mean: saved[0]!, variance: saved[1]!, weight: affine[0], bias: affine[1] },
          attrs,
        );
      if (own !== null) return [own[0]!, ...(weight === null ? [] : [own[1]!]), ...(bias === null ? [] : [own[2]!])];
      let centred: tf.Tensor, inverse: tf.Tensor;
      if (saved === null) [centred, inverse] = moments(entries(x!));
      else [centred, inverse] = [scaleShift(entries(x!), null, tf.neg(saved[0]!)), saved[1]!];
      const w = affine[0] && row(affine[0]);
      let upstream = entries(dy);
      if (relu) upstream = tf.mul(upstream, tf.step(normalised(centred, inverse, affine)));
      const meanDy = channelMeans(upstream);
      const meanDyNormed = scope(() => tf.mul(channelMeans(tf.mul(upstream, centred)), inverse));
      const weighted = (v: tf.Tensor): tf.Tensor => acrossGroups(w === null ? v : tf.mul(v, w), groups);
      const slope = w === null ? inverse : tf.mul(inverse, w);
      const ofDy = scaleShift(upstream, slope, tf.neg(tf.mul(inverse, weighted(meanDy))));
      const ofX = scaleShift(centred, tf.neg(tf.mul(tf.square(inverse), weighted(meanDyNormed))), null);
      const total = (v: tf.Tensor): tf.Tensor => tf.mul(tf.sum(v, 0), p);
      return [
        tf.reshape(tf.add(ofDy, ofX), x!.shape),
        ...(weight === null ? [] : [total(meanDyNormed)]),
        ...(bias === null ? [] : [total(meanDy)]),
      ];
    },
  );
}

/** Means of [b, c] over the channels of each group, repeated for each channel. */
function acrossGroups(means: tf.Tensor, groups: number): tf.Tensor {
  const [b, c] = means.shape as [number, number];
  if (groups === c) return means;
  const size = c / groups;
  return tf.reshape(tf.tile(tf.mean(tf.reshape(means, [b, groups, size]), 2, true), [1, 1, size]), [b, c]);
}
