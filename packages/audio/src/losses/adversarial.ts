import { check, functional, scope } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Judgement } from '../models/discriminators/discriminator.js';

/** What discriminators learn: `hinge` of Lim and Ye 2017 (arXiv:1705.02894), or `least-squares` of Mao et al. 2016 (arXiv:1611.04076). */
export type AdversarialLoss = 'hinge' | 'least-squares';

/**
 * What the discriminators' mistakes cost them: means over their places, and over the discriminators.
 *
 * @param real what they say of real sound
 * @param fake what they say of generated sound
 * @returns scalar
 */
export function discriminatorLoss(real: Judgement, fake: Judgement, kind: AdversarialLoss = 'hinge'): tf.Tensor {
  checkAlike(real, fake);
  const [wanted, unwanted] =
    kind === 'hinge'
      ? [(x: tf.Tensor) => tf.relu(tf.sub(1, x)), (x: tf.Tensor) => tf.relu(tf.add(1, x))]
      : [(x: tf.Tensor) => tf.square(tf.sub(1, x)), (x: tf.Tensor) => tf.square(x)];
  return scope(() =>
    meanOf(real.logits.map((logits, i) => tf.add(tf.mean(wanted(logits)), tf.mean(unwanted(fake.logits[i]!))))),
  );
}

/**
 * What it costs the generator that the discriminators find it out. Of the hinge loss SoundStream's, which stays at 0 where they take
 * the sound for real.
 *
 * @returns scalar
 */
export function generatorLoss(fake: Judgement, kind: AdversarialLoss = 'hinge'): tf.Tensor {
  const cost = kind === 'hinge' ? tf.relu : tf.square;
  return scope(() => meanOf(fake.logits.map((logits) => tf.mean(cost(tf.sub(1, logits) as tf.Tensor)))));
}

/**
 * Distance of the discriminators' layers on real and generated sound: the mean absolute difference of each, relative to the mean of the
 * real one's absolute values as in EnCodec (arXiv:2210.13438, equation 3), averaged over layers. Real sound counts as constant.
 *
 * @param options `relative` false leaves out the division, as SoundStream and MelGAN do
 * @returns scalar
 */
export function featureMatchingLoss(
  real: Judgement,
  fake: Judgement,
  { relative = true }: { readonly relative?: boolean } = {},
): tf.Tensor {
  checkAlike(real, fake);
  return scope(() =>
    meanOf(
      real.features.flatMap((layers, i) =>
        layers.map((layer, j) => {
          const constant = functional.stopGradient(layer);
          const difference = tf.mean(tf.abs(tf.sub(constant, fake.features[i]![j]!)));
          return relative ? tf.div(difference, tf.add(tf.mean(tf.abs(constant)), 1e-8)) : difference;
        }),
      ),
    ),
  );
}

function meanOf(values: readonly tf.Tensor[]): tf.Tensor {
  return tf.div(tf.addN([...values]), values.length);
}

function checkAlike(real: Judgement, fake: Judgement): void {
  check(
    real.logits.length === fake.logits.length && real.logits.length > 0,
    () => `real and generated sound were judged by ${real.logits.length} and ${fake.logits.length} discriminators`,
  );
}
