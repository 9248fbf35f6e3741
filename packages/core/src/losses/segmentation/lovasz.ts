import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { customOp } from '../../gradients/custom-op.js';
import { scope } from '../../memory.js';
import { checkLabels } from '../labels.js';
import { checkMode, type SegmentationMode } from './inputs.js';
import { lovaszExtension } from './lovasz-extension.js';

export interface LovaszLossOptions {
  readonly mode: SegmentationMode;
  /** Takes the loss of each picture and averages, instead of that of the batch. Default false. */
  readonly perImage?: boolean;
  /** Pixels with this label count for nothing. */
  readonly ignoreIndex?: number;
}

/**
 * Lovász loss (Berman et al. 2018), a surrogate of the Jaccard index: Lovász-Softmax over the classes that are present
 * (multiclass), Lovász hinge (binary, multilabel). segmentation_models_pytorch's LovaszLoss.
 *
 * Sorts on the host, forward and backward in one go, so the backend must be one whose values can be read at once (not
 * webgpu). Twice differentiable it is not.
 *
 * @param logits float32 [N, ..., C]; [N, ...] or [N, ..., 1] in binary mode.
 * @param target int32 labels [N, ...] (multiclass); otherwise as many elements as logits, differentiable when float32.
 * @returns a scalar; 0 when no pixel counts.
 * @throws InvalidArgumentError for shapes or labels that do not fit.
 */
export function lovasz(logits: tf.Tensor, target: tf.Tensor, options: LovaszLossOptions): tf.Tensor {
  const { mode, perImage = false, ignoreIndex } = options;
  checkMode('lovasz', mode);
  const wanted = mode === 'multiclass' ? logits.shape.slice(0, -1) : logits.shape;
  const fits = mode === 'binary' ? logits.size === target.size : tf.util.arraysEqual(target.shape, wanted);
  check(
    fits && logits.shape[0] === target.shape[0],
    () => `lovasz: ${mode} logits [${logits.shape.join(', ')}] do not fit a target [${target.shape.join(', ')}]`,
  );
  const images = perImage ? logits.shape[0]! : 1;
  if (mode === 'multiclass') checkLabels('lovasz', target, logits.shape.at(-1)!, ignoreIndex);
  return scope(() =>
    mode === 'multiclass'
      ? lovaszSoftmax(tf.softmax(logits), target, images, ignoreIndex)
      : lovaszHinge(logits, target, images, ignoreIndex),
  );
}

function lovaszHinge(logits: tf.Tensor, target: tf.Tensor, images: number, ignoreIndex?: number): tf.Tensor {
  const soft = target.dtype === 'float32';
  const size = logits.size / images;
  const evaluate = (x: tf.Tensor, t: tf.Tensor): tf.Tensor[] => {
    const [values, truth] = [x.dataSync<'float32'>(), Float32Array.from(t.dataSync())];
    const [ofValues, ofTruth] = [new Float32Array(x.size), new Float32Array(x.size)];
    let loss = 0;
    for (let image = 0; image < images; image++) {
      const kept = counted(truth, image * size, size, ignoreIndex);
      const labels = Float32Array.from(kept, (i) => truth[i]!);
      const errors = Float32Array.from(kept, (i) => 1 - values[i]! * (2 * truth[i]! - 1));
      const result = lovaszExtension(errors, labels, soft);
      loss += result.loss / images;
      kept.forEach((i, k) => {
        const slope = result.ofErrors[k]! / images;
        ofValues[i] = -slope * (2 * truth[i]! - 1);
        if (soft) ofTruth[i] = -2 * slope * values[i]! + result.ofLabels![k]! / images;
      });
    }
    return [tf.scalar(loss), tf.tensor(ofValues, x.shape), tf.tensor(ofTruth, t.shape)];
  };
  return withGradients([logits, tf.cast(target, 'float32')], ([x, t]) => evaluate(x!, t!));
}

function lovaszSoftmax(probabilities: tf.Tensor, target: tf.Tensor, images: number, ignoreIndex?: number): tf.Tensor {
  const classes = probabilities.shape.at(-1)!;
  const truth = target.dataSync<'int32'>();
  const size = target.size / images;
  const evaluate = (p: tf.Tensor): tf.Tensor[] => {
    const values = p.dataSync<'float32'>();
    const ofValues = new Float32Array(p.size);
    let loss = 0;
    for (let image = 0; image < images; image++) {
      const kept = counted(truth, image * size, size, ignoreIndex);
      const found = new Set<number>();
      for (const i of kept) found.add(truth[i]!);
      const share = 1 / (found.size * images);
      const errors = new Float32Array(kept.length);
      const labels = new Float32Array(kept.length);
      for (const c of found) {
        for (let k = 0; k < kept.length; k++) {
          const i = kept[k]!;
          labels[k] = truth[i] === c ? 1 : 0;
          errors[k] = Math.abs(labels[k]! - values[i * classes + c]!);
        }
        const result = lovaszExtension(errors, labels, false);
        loss += result.loss * share;
        for (let k = 0; k < kept.length; k++) {
          const slope = result.ofErrors[k]! * share;
          ofValues[kept[k]! * classes + c] = labels[k] === 1 ? -slope : slope;
        }
      }
    }
    return [tf.scalar(loss), tf.tensor(ofValues, p.shape)];
  };
  return withGradients([probabilities], ([p]) => evaluate(p!));
}

/** Positions of the elements of one image that count. */
function counted(labels: ArrayLike<number>, start: number, size: number, ignoreIndex?: number): Uint32Array {
  const kept = new Uint32Array(size);
  let count = 0;
  for (let i = start; i < start + size; i++) if (labels[i] !== ignoreIndex) kept[count++] = i;
  return kept.subarray(0, count);
}

/** A scalar function that computes its gradients together with its value: `evaluate` returns it, then one for each input. */
function withGradients(inputs: tf.Tensor[], evaluate: (inputs: tf.Tensor[]) => tf.Tensor[]): tf.Tensor {
  return customOp(
    inputs,
    (...given) => {
      const [value, ...saved] = evaluate(given);
      return { value: value!, saved };
    },
    (dy, given, saved) => {
      const gradients = saved ?? scope(() => evaluate([...given])).slice(1);
      return gradients.map((gradient) => tf.mul(gradient, dy));
    },
  );
}
