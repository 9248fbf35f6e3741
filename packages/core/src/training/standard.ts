import type { BatchSource } from '../data/loader.js';
import { check } from '../errors.js';
import type { Module } from '../module/module.js';
import { AdamW } from '../optim/index.js';
import { CosineWarmup } from '../schedules/index.js';
import { fit } from './fit.js';
import type { FitOptions, FitResult, LossFunction, Monitor } from './options.js';

/** How a task trains, whatever it trains on: what its users may choose. */
export interface StandardOptions {
  /** How long: passes over the data, or steps. One is needed. */
  readonly epochs?: number;
  readonly steps?: number;
  /** Examples at once. */
  readonly batchSize?: number;
  /** Peak learning rate of AdamW, which warms up over the first 5 % of the steps and then follows a cosine. Default 1e-3. */
  readonly learningRate?: number;
  /** Default 1e-4; biases and norms are left out of it. */
  readonly weightDecay?: number;
  /** Largest norm of all gradients together. Default 5. */
  readonly clipNorm?: number;
  /** Decay of a moving average of the weights, which is then what is validated and saved. Default none. */
  readonly emaDecay?: number;
  /** Decides order, augmentation and dropout. Default 0. */
  readonly seed?: number;
  /** Epochs without a better score before training stops. Default never. */
  readonly patience?: number;
  /** Folder for metrics and checkpoints. Without it nothing is written. */
  readonly run?: string;
  /** Goes on from the latest checkpoint in `run`. */
  readonly resume?: boolean;
  /** Further settings of the training loop; `generators` holds those that the model draws from besides the default one. */
  readonly fit?: Partial<
    Pick<
      FitOptions<never, never>,
      'callbacks' | 'checkpoint' | 'files' | 'generators' | 'logEvery' | 'reporter' | 'signal'
    >
  >;
}

/** What a task brings to {@link standardFit}. */
export interface StandardFit<M extends Module, B> {
  readonly train: BatchSource<B>;
  readonly loss: LossFunction<M, B>;
  /** Scores after each epoch. */
  readonly validate?: (model: M) => Promise<Readonly<Record<string, number>>>;
  /** Which of the scores says how good the model is; the best checkpoint has the best one. */
  readonly monitor?: Omit<Monitor, 'patience'>;
  /** Modules that learn beside the model, by name; see {@link FitOptions.alongside}. The optimiser gets their parameters too. */
  readonly alongside?: Readonly<Record<string, Module>>;
  /** Of AdamW. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** How the model is saved. */
  readonly save: NonNullable<FitOptions<M, B>['save']>;
}

/**
 * Trains a model as most tasks do: AdamW without decay on biases and norms, warm-up and cosine, clipped gradients. Everything
 * random depends on `seed` alone, so that a run that was killed and resumed ends with the weights of an unbroken one.
 */
export async function standardFit<M extends Module, B>(
  model: M,
  given: StandardFit<M, B>,
  options: StandardOptions,
): Promise<FitResult> {
  const { train, loss, validate, monitor, alongside = {}, save } = given;
  const steps = options.steps ?? (options.epochs ?? 0) * train.length;
  check(steps > 0, 'say how long to train: epochs or steps of at least 1');
  const optimizer = standardOptimizer([model, ...Object.values(alongside)], given, options);
  const { patience } = options;
  try {
    return await fit(model, {
      train,
      loss,
      optimizer,
      schedule: new CosineWarmup(optimizer, { warmupSteps: Math.round(steps / 20), trainingSteps: steps }),
      ...(options.steps === undefined ? { epochs: options.epochs! } : { steps: options.steps }),
      alongside,
      clip: { norm: options.clipNorm ?? 5 },
      ...(options.emaDecay === undefined ? {} : { ema: { decay: options.emaDecay } }),
      ...(validate && { validate }),
      monitor: { ...monitor, ...(patience === undefined ? {} : { patience }) },
      ...(options.run === undefined ? {} : { folder: options.run }),
      resume: options.resume ?? false,
      seed: options.seed ?? 0,
      save,
      ...options.fit,
    });
  } finally {
    optimizer.dispose();
  }
}

/** AdamW whose weight decay leaves biases and norms out. */
function standardOptimizer(
  modules: readonly Module[],
  { betas }: { readonly betas?: readonly [number, number] },
  { learningRate = 1e-3, weightDecay = 1e-4 }: StandardOptions,
): AdamW {
  const parameters = modules.flatMap((module) => module.parameters()).filter(({ requiresGrad }) => requiresGrad);
  const isMatrix = (shape: readonly number[]): boolean => shape.length > 1;
  return new AdamW(
    [
      { params: parameters.filter(({ shape }) => isMatrix(shape)), weightDecay },
      { params: parameters.filter(({ shape }) => !isMatrix(shape)), weightDecay: 0 },
    ].filter(({ params }) => params.length > 0),
    { lr: learningRate, ...(betas && { betas }) },
  );
}
