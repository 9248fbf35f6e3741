import * as tf from '@tensorflow/tfjs-core';
import {
  encodeValues,
  stateDict,
  valueAndGradients,
  type Module,
  type Optimizer,
  type StoredTensor,
  type TensorValues,
} from '@hourglass/core';
import type { Prepared, Start, Workload } from './workload.js';

/** A model on a batch, and how it is trained on it. */
export interface Training {
  readonly model: Module;
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  /** What the model is for: logits, pictures, sounds. */
  forward(): tf.Tensor;
  /** A scalar. */
  loss(): tf.Tensor;
  optimizer(): Optimizer;
}

/** `small` has the same operations in a size that a test can afford. */
export type TrainingMaker = (size: 'full' | 'small') => Training;

/** Forward, backward and the optimiser's step; returns the loss. */
export function trainStep({ model, loss }: Pick<Training, 'model' | 'loss'>, optimizer: Optimizer): number {
  const { value, gradients } = valueAndGradients(loss, model.parameters());
  optimizer.step(gradients);
  const [result] = value.dataSync();
  tf.dispose([value, ...gradients.values()]);
  return result!;
}

/** A train step and a forward pass of the same model, as two cases. */
export function trainingWorkload(description: string, make: TrainingMaker): Workload {
  const prepared = (train: boolean): Prepared => {
    const training = make('full');
    const { model, inputs } = training;
    const optimizer = training.optimizer();
    model.train(train);
    return {
      step() {
        if (train) trainStep(training, optimizer);
        else training.forward().dispose();
      },
      tensors: () => startingTensors(training),
      start: () => startOf(training),
      dispose() {
        optimizer.dispose();
        model.dispose();
        tf.dispose(Object.values(inputs));
      },
    };
  };
  return {
    description,
    cases: { 'train step': { prepare: () => prepared(true) }, forward: { prepare: () => prepared(false) } },
  };
}

/** Loss and gradients in evaluation mode, where nothing is drawn at random. */
export function startOf({ model, loss }: Training): Start {
  const { training } = model;
  model.eval();
  const { value, gradients } = valueAndGradients(loss, model.parameters());
  model.train(training);
  const squares = tf.tidy(() => tf.addN([...gradients.values()].map((gradient) => tf.sum(tf.square(gradient)))));
  const start = { loss: value.dataSync()[0]!, gradientNorm: Math.sqrt(squares.dataSync()[0]!) };
  tf.dispose([value, squares, ...gradients.values()]);
  return start;
}

/** `parameter/<position>/<name>` and `input/<name>`. */
function startingTensors({ model, inputs }: Training): Map<string, StoredTensor> {
  const state = stateDict(model);
  const tensors = new Map<string, StoredTensor>();
  let position = 0;
  for (const [name] of model.namedParameters()) {
    tensors.set(`parameter/${String(position++).padStart(4, '0')}/${name}`, state.get(name)!);
  }
  for (const [name, input] of Object.entries(inputs)) {
    const typed = { dtype: input.dtype, values: input.dataSync() } as TensorValues;
    tensors.set(`input/${name}`, encodeValues(typed, input.shape, 'I64'));
  }
  return tensors;
}
