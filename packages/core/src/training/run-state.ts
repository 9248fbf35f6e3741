import type * as tf from '@tensorflow/tfjs-core';
import { loadCheckpoint, openCheckpoint } from '../checkpoint/checkpoint.js';
import { disposeTensors } from '../data/tensors-in.js';
import { CheckpointError } from '../errors.js';
import type { Module } from '../module/module.js';
import { Parameter, type StateBuffer } from '../module/parameter.js';
import { ExponentialMovingAverage, type Json, type OptimizerState } from '../optim/index.js';
import type { Files } from '../platform/types.js';
import { defaultGenerator, manualSeed, type Generator, type GeneratorState } from '../random/generator.js';
import type { ScheduleState } from '../schedules/index.js';
import type { CheckpointStore } from './checkpoints.js';
import { Means } from './means.js';
import type { FitOptions } from './options.js';
import { loadTrainingState, saveTrainingState } from './state.js';

/** Where a run is. Plain JSON, saved with every checkpoint. */
export interface Progress {
  step: number;
  /** Whole epochs. */
  epoch: number;
  /** Batches of the present epoch that were used. */
  batch: number;
  best: { step: number; score: number } | null;
  /** Validations since the best one. */
  sinceBest: number;
  scores: Record<string, number | null>;
}

/** What a run goes on with besides its model and optimiser, and how both are kept in checkpoints. */
export class RunState<M extends Module, B> {
  progress: Progress = { step: 0, epoch: 0, batch: 0, best: null, sinceBest: 0, scores: {} };
  /** Since the last line of metrics, and since the beginning of the epoch. */
  recent = new Means();
  epochMeans = new Means();
  #ema: ExponentialMovingAverage | null = null;
  readonly #generators: Readonly<Record<string, Generator>>;

  constructor(
    private readonly model: M,
    private readonly options: FitOptions<M, B>,
  ) {
    this.#generators = { ...options.generators, default: defaultGenerator() };
  }

  /** Of a new run. */
  begin(): void {
    const { seed, ema } = this.options;
    if (seed !== undefined) manualSeed(seed);
    if (ema !== undefined) this.#ema = new ExponentialMovingAverage(this.model, ema.decay);
  }

  dispose(): void {
    this.#ema?.dispose();
  }

  updateAverage(): void {
    this.#ema?.update();
  }

  /** Puts the moving average into the model (true) or takes it out again. */
  swapAverage(isAveraged: boolean): void {
    if (this.#ema === null || this.#ema.isSwapped === isAveraged) return;
    this.#ema.swap();
  }

  /** Writes a checkpoint, and says so while the model still holds what was saved. */
  async save(store: CheckpointStore, metricsBytes: number, best: boolean): Promise<void> {
    const { options, model, progress } = this;
    const { scalars, tensors: moments } = options.optimizer.state();
    const tensors = new Map<string, tf.Tensor>();
    for (const [name, tensor] of moments) tensors.set(`optimizer.${name}`, tensor);
    for (const [name, leaf] of this.#alongside()) tensors.set(name, leaf.value);
    this.swapAverage(true);
    try {
      // The model is saved with its averages; what training goes on with stands beside it.
      const names = new Map(Array.from(model.namedParameters(), ([name, parameter]) => [parameter, name]));
      for (const [parameter, tensor] of this.#ema?.averages ?? [])
        tensors.set(`weight.${names.get(parameter)}`, tensor);
      const values: { readonly [key: string]: Json } = {
        progress: { ...progress },
        recent: this.recent.state,
        epochMeans: this.epochMeans.state,
        optimizer: scalars,
        schedule: options.schedule?.state() ?? null,
        generators: Object.fromEntries(
          Object.entries(this.#generators).map(([name, generator]) => [name, [...generator.state]]),
        ),
        metricsBytes,
        batchesPerEpoch: options.train.length,
        ema: options.ema?.decay ?? null,
      };
      const save = { config: {}, ...options.save, best };
      const folder = await saveTrainingState(store, progress.step, model, { tensors, values }, save);
      await options.callbacks?.onCheckpoint?.({ step: progress.step, folder });
    } finally {
      this.swapAverage(false);
    }
  }

  /** Takes over a checkpoint, and returns how long the metrics file was. */
  async load(folder: string, files: Files): Promise<number> {
    const { options, model } = this;
    const { tensors, values } = await loadTrainingState(folder, files);
    const state = values as unknown as SavedValues;
    try {
      this.#checkFit(folder, state);
      const checkpoint = await openCheckpoint(folder, { files });
      try {
        await loadCheckpoint(
          model,
          checkpoint,
          options.save?.rename === undefined ? {} : { rename: options.save.rename },
        );
      } finally {
        await checkpoint.close();
      }
      const of = (prefix: string): Map<string, tf.Tensor> =>
        new Map(
          [...tensors].flatMap(([name, tensor]) =>
            name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
          ),
        );
      options.optimizer.loadState({ scalars: state.optimizer, tensors: of('optimizer.') });
      for (const [name, leaf] of this.#alongside()) leaf.assign(savedTensor(tensors, name, folder));
      if (options.ema !== undefined) {
        // The model holds the averages now; the parameters that training goes on with lie beside.
        this.#ema = new ExponentialMovingAverage(model, options.ema.decay);
        for (const [name, parameter] of model.namedParameters()) {
          parameter.assign(savedTensor(tensors, `weight.${name}`, folder));
        }
      }
    } finally {
      disposeTensors([...tensors.values()]);
    }
    if (state.schedule !== null) options.schedule?.loadState(state.schedule);
    for (const [name, generator] of Object.entries(this.#generators)) generator.state = state.generators[name]!;
    this.progress = state.progress;
    this.recent = new Means(state.recent);
    this.epochMeans = new Means(state.epochMeans);
    return state.metricsBytes;
  }

  /** Weights and buffers of the modules beside the model, under the names of the training state. */
  *#alongside(): Iterable<[string, Parameter | StateBuffer]> {
    for (const [name, module] of Object.entries(this.options.alongside ?? {})) {
      for (const [own, leaf] of module.namedState(`alongside.${name}`)) {
        if (leaf instanceof Parameter || leaf.persistent) yield [own, leaf];
      }
    }
  }

  #checkFit(folder: string, state: SavedValues): void {
    const { options } = this;
    const fail = (message: string): never => {
      throw new CheckpointError(`${folder}: ${message}; resume with the options of the first run`);
    };
    if (state.progress.batch > 0 && state.batchesPerEpoch !== options.train.length) {
      fail(`it stopped amid an epoch of ${state.batchesPerEpoch} batches, the data now make ${options.train.length}`);
    }
    if ((state.schedule === null) !== (options.schedule === undefined)) {
      fail(
        state.schedule === null
          ? 'it was trained without a schedule'
          : 'it was trained with a schedule, there is none now',
      );
    }
    if ((state.ema === null) !== (options.ema === undefined)) {
      fail(
        state.ema === null ? 'it was trained without a moving average' : 'it was trained with a moving average (ema)',
      );
    }
    const missing = Object.keys(this.#generators).filter((name) => !(name in state.generators));
    if (missing.length > 0) fail(`it does not know the generators ${missing.join(', ')}`);
  }
}

/** What `training.json` holds. */
interface SavedValues {
  readonly progress: Progress;
  readonly recent: Readonly<Record<string, readonly [number, number]>>;
  readonly epochMeans: Readonly<Record<string, readonly [number, number]>>;
  readonly optimizer: OptimizerState['scalars'];
  readonly schedule: ScheduleState | null;
  readonly generators: Readonly<Record<string, GeneratorState>>;
  readonly metricsBytes: number;
  readonly batchesPerEpoch: number;
  readonly ema: number | null;
}

function savedTensor(tensors: ReadonlyMap<string, tf.Tensor>, name: string, folder: string): tf.Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new CheckpointError(`${folder}: training.safetensors lacks ${name}`);
  return tensor;
}
