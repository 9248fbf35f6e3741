import * as tf from '@tensorflow/tfjs-core';
import { losses } from '@hourglass/core';
import { opAdapter, type ParityCase, type Runnable } from '@hourglass/core/testing';

type Loss = (prediction: tf.Tensor, target: tf.Tensor, options: object) => tf.Tensor;

/** [N, C, ...] to [N, ..., C]. */
function channelsLast(x: tf.Tensor): tf.Tensor {
  if (x.rank < 3) return x;
  return tf.transpose(x, [0, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 2), 1]);
}

function camelCase(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value]),
  );
}

/** A weight of the reference broadcasts against [N, C, H, W]. */
function broadcastable(value: unknown): tf.Tensor {
  const weight = tf.tensor(value as tf.TensorLike, undefined, 'float32');
  if (weight.rank === 3) return tf.transpose(weight, [1, 2, 0]);
  return weight.rank === 4 ? channelsLast(weight) : weight;
}

function run(loss: Loss): (parityCase: ParityCase) => Runnable {
  return ({ args, outputs }) => ({
    forward({ pred, target }) {
      const options = camelCase(args);
      for (const key of ['weight', 'posWeight']) if (key in options) options[key] = broadcastable(options[key]);
      const truth = target!.rank === pred!.rank ? channelsLast(target!) : target!;
      const y = loss(channelsLast(pred!), truth, options);
      const shape = outputs.get('y') ?? [];
      if (y.rank < 3) return { y: shape.length === y.rank ? y : tf.reshape(y, [...shape]) };
      const back = tf.transpose(y, [0, y.rank - 1, ...Array.from({ length: y.rank - 2 }, (_, i) => i + 1)]);
      return { y: y.rank === shape.length && shape[1] === y.shape.at(-1) ? back : tf.reshape(y, [...shape]) };
    },
  });
}

export const adapters = [
  opAdapter({
    DiceLoss: run(losses.dice as Loss),
    JaccardLoss: run(losses.jaccard as Loss),
    TverskyLoss: run(losses.tversky as Loss),
    FocalLoss: run(losses.focal as Loss),
    LovaszLoss: run(losses.lovasz as Loss),
    SoftBCEWithLogitsLoss: run(losses.softBceWithLogits as Loss),
    SoftCrossEntropyLoss: run(losses.softCrossEntropy as Loss),
    MCCLoss: run(losses.mcc as Loss),
  }),
];
