import {
  Adam,
  fit,
  type BatchSource,
  type FitOptions,
  type FitResult,
  type LossFunction,
  type Module,
} from '@hourglass/core';

/** What every training on one whole graph takes. */
export interface WholeGraphOptions {
  /** Steps, each on the whole graph. Default 200. */
  readonly epochs?: number;
  /** Adam's. Default 0.01. */
  readonly learningRate?: number;
  /** Adam's L2 penalty. Default 0. */
  readonly weightDecay?: number;
  /** Decay of a moving average of the parameters, which is then what is validated and saved. Default none. */
  readonly emaDecay?: number;
  /** Decides everything that is drawn. Default 0. */
  readonly seed?: number;
  /** Folder for metrics and checkpoints. Without it nothing is written. */
  readonly run?: string;
  /** Goes on from the latest checkpoint in `run`. */
  readonly resume?: boolean;
  /** Further settings of the training loop; `generators` holds those that the model draws from besides the default one. */
  readonly fit?: Partial<
    Pick<
      FitOptions<Module, unknown>,
      | 'callbacks'
      | 'checkpoint'
      | 'files'
      | 'generators'
      | 'logEvery'
      | 'monitor'
      | 'reporter'
      | 'signal'
      | 'validate'
      | 'validateEvery'
    >
  >;
}

/** An epoch of a whole graph is one step, not worth a checkpoint each. */
export const seldomCheckpoints = { everyEpoch: false, everySeconds: 60 } as const;

/** One step an epoch. The graph stays where it is, so that there is nothing in a batch. */
const oneStep: BatchSource<null> = {
  length: 1,
  async *iterate(_epoch, start = 0) {
    if (start === 0) yield null;
  },
};

/** Trains a model by Adam with one step an epoch. */
export async function trainOnWholeGraph<M extends Module>(
  model: M,
  loss: (model: M) => ReturnType<LossFunction<M, null>>,
  options: WholeGraphOptions = {},
): Promise<FitResult> {
  const { epochs = 200, learningRate: lr = 0.01, weightDecay = 0, seed = 0 } = options;
  const optimizer = new Adam(model.parameters(), { lr, weightDecay });
  try {
    return await fit<M, null>(model, {
      train: oneStep,
      loss,
      optimizer,
      epochs,
      seed,
      ...(options.emaDecay === undefined ? {} : { ema: { decay: options.emaDecay } }),
      ...(options.run === undefined ? {} : { folder: options.run, resume: options.resume ?? false }),
      ...(options.fit as Partial<FitOptions<M, null>>),
      checkpoint: { ...seldomCheckpoints, ...options.fit?.checkpoint },
    });
  } finally {
    optimizer.dispose();
  }
}
