import { check, Module, ModuleList, scope } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';

/** What discriminators say of sound. */
export interface Judgement {
  /** A tensor a discriminator, larger where it takes the sound for real. */
  readonly logits: readonly tf.Tensor[];
  /** What each discriminator's layers gave, [N, …, channels], for feature matching. */
  readonly features: ReadonlyArray<readonly tf.Tensor[]>;
}

/** Tells real sound from generated: the adversary in the training of codecs and vocoders. */
export abstract class Discriminator extends Module {
  /**
   * @param x float32 [N, time, channels]
   * @throws InvalidArgumentError for another shape, or sound that is too short
   */
  abstract forward(x: tf.Tensor): Judgement;
}

/** Several discriminators as one. */
export class DiscriminatorEnsemble extends Discriminator {
  readonly discriminators: ModuleList<Discriminator>;

  constructor(discriminators: readonly Discriminator[]) {
    super();
    check(discriminators.length > 0, 'an ensemble needs at least one discriminator');
    this.discriminators = new ModuleList([...discriminators]);
  }

  override forward(x: tf.Tensor): Judgement {
    return scope(() => joinedJudgement([...this.discriminators].map((discriminator) => discriminator.forward(x))));
  }
}

export function joinedJudgement(all: readonly Judgement[]): Judgement {
  return { logits: all.flatMap(({ logits }) => logits), features: all.flatMap(({ features }) => features) };
}

/** @throws InvalidArgumentError unless x is [N, time, channels] with at least so many samples */
export function checkSound(name: string, x: tf.Tensor, channels: number, least: number): void {
  check(
    x.rank === 3 && x.shape[2] === channels && x.shape[1]! >= least,
    () => `${name} takes [N, time, ${channels}] of at least ${least} samples, got [${x.shape.join(', ')}]`,
  );
}
