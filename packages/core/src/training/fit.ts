import type * as tf from '@tensorflow/tfjs-core';
import { loadCheckpoint, openCheckpoint } from '../checkpoint/checkpoint.js';
import { disposeTensors } from '../data/tensors-in.js';
import { CheckpointError, FileError, InvalidArgumentError, UnsupportedError, check, checkCount } from '../errors.js';
import type { Module } from '../module/module.js';
import { Parameter, type StateBuffer } from '../module/parameter.js';
import { ExponentialMovingAverage, type Json, type OptimizerState } from '../optim/index.js';
import type { Files } from '../platform/types.js';
import { platform } from '#platform';
import { defaultGenerator, manualSeed, type Generator, type GeneratorState } from '../random/generator.js';
import type { ScheduleState } from '../schedules/index.js';
import { CheckpointStore } from './checkpoints.js';
import { breathe } from '../watch.js';
import { evaluationMode, rememberFlags } from './evaluate.js';
import { Means } from './means.js';
import { MetricsFile } from './metrics-file.js';
import type { FitOptions, FitResult } from './options.js';
import { defaultReporter, type Reporter } from './reporter.js';
import { loadTrainingState, saveTrainingState } from './state.js';
import { TrainingStep, type StepResult } from './step.js';
import { validateOn } from './validation.js';

/**
 * Trains a model: batches, gradients, clipping, optimiser, schedule, moving average, validation, early stopping, metrics,
 * checkpoints.
 *
 * With a `folder`, `metrics.jsonl` gets a line for every few steps, epoch and validation, and `checkpoints/` whole
 * checkpoints from which a killed run goes on (`resume`): on one backend its losses and its metrics file equal those of an
 * unbroken run bit for bit. Module, optimiser and schedule must be made the same way both times; the loader's seed too.
 *
 * At the end the model holds the last parameters, or their moving average with `ema`, and its former training flags.
 *
 * @throws NonFiniteError when loss or gradients are NaN or infinite; model and optimiser are as before that step.
 * @throws FileError when the folder holds a run and `resume` is not set, or cannot be written.
 */
export async function fit<M extends Module, B>(model: M, options: FitOptions<M, B>): Promise<FitResult> {
  checkOptions(options);
  const restoreFlags = rememberFlags(model);
  const run = new Run(model, options);
  try {
    await run.open();
    await run.train();
    return run.result();
  } finally {
    await run.close();
    restoreFlags();
  }
}

/** Where a run is. Plain JSON, saved with every checkpoint. */
interface Progress {
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

class Run<M extends Module, B> {
  readonly #steps: number;
  readonly #accumulation: number;
  readonly #reporter: Reporter;
  readonly #generators: Readonly<Record<string, Generator>>;
  #progress: Progress = {
    step: 0,
    epoch: 0,
    batch: 0,
    best: null,
    sinceBest: 0,
    scores: {},
  };
  /** Since the last line of metrics, and since the beginning of the epoch. */
  #recent = new Means();
  #epochMeans = new Means();
  #ema: ExponentialMovingAverage | null = null;
  #store: CheckpointStore | null = null;
  #metrics: MetricsFile | null = null;
  #savedAt = 0;
  #isNewBest = false;

  constructor(
    private readonly model: M,
    private readonly options: FitOptions<M, B>,
  ) {
    this.#accumulation = options.accumulation ?? 1;
    this.#steps = options.steps ?? options.epochs! * Math.ceil(options.train.length / this.#accumulation);
    this.#reporter = options.reporter ?? defaultReporter();
    this.#generators = { ...options.generators, default: defaultGenerator() };
  }

  get #epochs(): number {
    return Math.ceil(this.#steps / Math.ceil(this.options.train.length / this.#accumulation));
  }

  async open(): Promise<void> {
    const { model, options } = this;
    const { folder, resume = false, ema, seed } = options;
    let metricsSize = 0;
    if (folder !== undefined) {
      const files = filesFor(folder, options.files);
      const hasRun = (await files.kind(`${folder}/metrics.jsonl`)) ?? (await files.kind(`${folder}/checkpoints`));
      if (hasRun !== null && !resume) {
        throw new FileError(folder, 'holds a run already; set `resume`, or choose another folder');
      }
      this.#store = await CheckpointStore.open(`${folder}/checkpoints`, options.checkpoint?.keep ?? 2, files);
      if (this.#store.latest !== null) metricsSize = await this.#load(this.#store.latest, files);
      this.#metrics = await MetricsFile.open(`${folder}/metrics.jsonl`, metricsSize, files);
    }
    if (this.#store?.latest == null) {
      if (seed !== undefined) manualSeed(seed);
      if (ema !== undefined) this.#ema = new ExponentialMovingAverage(model, ema.decay);
    }
    this.#savedAt = performance.now();
    this.#reporter.start({ step: this.#progress.step, steps: this.#steps, epochs: this.#epochs });
    if (this.#metrics !== null && this.#metrics.size < metricsSize) {
      this.#reporter.message(
        `${folder}/metrics.jsonl is shorter than the checkpoint remembers; it goes on from its end`,
      );
    }
  }

  async train(): Promise<void> {
    const { options, model } = this;
    (options.trainMode ?? ((m: M) => m.train()))(model);
    while (this.#stopped() === null) await this.#epoch();
    await this.#save();
    this.#swapAverage(true);
  }

  result(): FitResult {
    const { step, epoch, scores, best } = this.#progress;
    return {
      stopped: this.#stopped() ?? 'finished',
      step,
      epochs: epoch,
      scores,
      best,
      latestCheckpoint: this.#store?.latest ?? null,
      bestCheckpoint: this.#store?.best ?? null,
    };
  }

  async close(): Promise<void> {
    this.#ema?.dispose();
    this.#reporter.end();
    await this.#metrics?.close();
  }

  #stopped(): FitResult['stopped'] | null {
    if (this.#progress.step >= this.#steps) return 'finished';
    if (this.#progress.sinceBest >= (this.options.monitor?.patience ?? Infinity)) return 'early';
    return this.options.signal?.aborted ? 'aborted' : null;
  }

  async #epoch(): Promise<void> {
    const { train } = this.options;
    let current: TrainingStep<M, B> | null = null;
    try {
      for await (const batch of train.iterate(this.#progress.epoch, this.#progress.batch)) {
        current ??= new TrainingStep(this.model, this.options, {
          step: this.#progress.step + 1,
          epoch: this.#progress.epoch + 1,
        });
        try {
          await current.add(batch);
        } finally {
          disposeTensors(batch);
        }
        this.#progress.batch++;
        const isLast = this.#progress.batch === train.length;
        if (current.batches < this.#accumulation && !isLast) continue;
        const result: StepResult = await current.apply();
        current = null;
        await this.#afterStep(result);
        if (isLast) await this.#afterEpoch();
        await this.#maintain(isLast);
        // so that signals, timers and a page's events get their turn
        await breathe();
        if (isLast || this.#stopped() !== null) return;
      }
    } finally {
      current?.discard();
    }
    throw new InvalidArgumentError(
      `epoch ${this.#progress.epoch + 1} ended after ${this.#progress.batch} batches; its length says ${train.length}`,
    );
  }

  async #afterStep({ values, examples, gradientNorm }: StepResult): Promise<void> {
    const { optimizer, schedule, scheduleOn = 'step', logEvery = 10, callbacks } = this.options;
    const rates = optimizer.groups.map(({ lr }) => lr);
    if (scheduleOn === 'step') schedule?.step();
    this.#ema?.update();
    const step = ++this.#progress.step;
    const epoch = this.#progress.epoch + 1;
    this.#recent.add({ ...values, gradientNorm }, examples);
    this.#epochMeans.add(values, examples);
    if (step % logEvery === 0) {
      const learningRate = rates.length === 1 ? rates[0] : rates;
      await this.#metrics?.write({ kind: 'step', step, epoch, ...this.#recent.take(), learningRate });
    }
    const { loss, ...logs } = values as { loss: number };
    this.#reporter.step({
      step,
      steps: this.#steps,
      epoch,
      epochs: this.#epochs,
      loss,
      learningRate: rates[0]!,
      examples,
    });
    await callbacks?.onStep?.({ step, epoch, loss, logs, gradientNorm });
  }

  async #afterEpoch(): Promise<void> {
    const { schedule, scheduleOn, callbacks } = this.options;
    const epoch = ++this.#progress.epoch;
    this.#progress.batch = 0;
    const scores = this.#epochMeans.take();
    const { step } = this.#progress;
    await this.#metrics?.write({ kind: 'epoch', step, epoch, ...scores });
    this.#reporter.scores('epoch', epoch, scores);
    if (scheduleOn === 'epoch') schedule?.step();
    await callbacks?.onEpoch?.({ step, epoch, scores });
  }

  /** Validation and checkpoints that are due after a step. */
  async #maintain(epochEnded: boolean): Promise<void> {
    const { validate, validateEvery = { epochs: 1 }, checkpoint = {} } = this.options;
    const { step, epoch } = this.#progress;
    const due =
      (epochEnded && validateEvery.epochs !== undefined && epoch % validateEvery.epochs === 0) ||
      (validateEvery.steps !== undefined && step % validateEvery.steps === 0) ||
      step === this.#steps;
    if (due && validate !== undefined) await this.#validate();
    const seconds = (performance.now() - this.#savedAt) / 1000;
    if (
      (epochEnded && checkpoint.everyEpoch !== false) ||
      (checkpoint.everySteps !== undefined && step % checkpoint.everySteps === 0) ||
      seconds >= (checkpoint.everySeconds ?? Infinity) ||
      (this.#isNewBest && checkpoint.best !== false)
    ) {
      await this.#save();
    }
  }

  async #validate(): Promise<void> {
    const { validate, metrics = {}, loss, monitor = {}, schedule, scheduleOn, callbacks } = this.options;
    const { metric = 'loss', mode = 'min', minDelta = 0 } = monitor;
    const restoreFlags = evaluationMode(this.model);
    this.#swapAverage(true);
    let scores: Readonly<Record<string, number>>;
    try {
      scores =
        typeof validate === 'function'
          ? await validate(this.model)
          : await validateOn(this.model, validate!, loss, metrics);
    } finally {
      this.#swapAverage(false);
      restoreFlags();
    }
    const score = scores[metric];
    check(
      score !== undefined,
      () => `monitor: there is no score '${metric}'; validation gives ${Object.keys(scores).join(', ')}`,
    );
    const progress = this.#progress;
    const gain = progress.best === null ? Infinity : (progress.best.score - score) * (mode === 'min' ? 1 : -1);
    // A score that is NaN is no improvement, not even at first.
    const isBest = Number.isFinite(score) && gain > minDelta;
    progress.sinceBest = isBest ? 0 : progress.sinceBest + 1;
    if (isBest) progress.best = { step: progress.step, score };
    this.#isNewBest ||= isBest;
    progress.scores = { ...scores };
    const { step } = progress;
    const epoch = Math.max(1, progress.epoch + (progress.batch > 0 ? 1 : 0));
    await this.#metrics?.write({ kind: 'validation', step, epoch, ...scores, best: isBest });
    this.#reporter.scores('validation', epoch, scores);
    if (scheduleOn === 'validation') schedule?.step(score);
    await callbacks?.onValidation?.({ step, epoch, scores, isBest });
  }

  /** Puts the moving average into the model (true) or takes it out again. */
  #swapAverage(isAveraged: boolean): void {
    if (this.#ema === null || this.#ema.isSwapped === isAveraged) return;
    this.#ema.swap();
  }

  async #save(): Promise<void> {
    const { options, model } = this;
    const progress = this.#progress;
    if (this.#store === null || this.#store.latest?.endsWith(`step-${String(progress.step).padStart(8, '0')}`)) return;
    await this.#metrics!.sync();
    const { scalars, tensors: moments } = options.optimizer.state();
    const tensors = new Map<string, tf.Tensor>();
    for (const [name, tensor] of moments) tensors.set(`optimizer.${name}`, tensor);
    for (const [name, leaf] of this.#alongside()) tensors.set(name, leaf.value);
    this.#swapAverage(true);
    try {
      // The model is saved with its averages; what training goes on with stands beside it.
      const names = new Map(Array.from(model.namedParameters(), ([name, parameter]) => [parameter, name]));
      for (const [parameter, tensor] of this.#ema?.averages ?? [])
        tensors.set(`weight.${names.get(parameter)}`, tensor);
      const values: { readonly [key: string]: Json } = {
        progress: { ...progress },
        recent: this.#recent.state,
        epochMeans: this.#epochMeans.state,
        optimizer: scalars,
        schedule: options.schedule?.state() ?? null,
        generators: Object.fromEntries(
          Object.entries(this.#generators).map(([name, generator]) => [name, [...generator.state]]),
        ),
        metricsBytes: this.#metrics!.size,
        batchesPerEpoch: options.train.length,
        ema: options.ema?.decay ?? null,
      };
      const best = this.#isNewBest && options.checkpoint?.best !== false;
      const save = { config: {}, ...options.save, best };
      const folder = await saveTrainingState(this.#store, progress.step, model, { tensors, values }, save);
      this.#isNewBest = false;
      this.#savedAt = performance.now();
      await options.callbacks?.onCheckpoint?.({ step: progress.step, folder });
    } finally {
      this.#swapAverage(false);
    }
  }

  /** Takes over a checkpoint, and returns how long the metrics file was. */
  async #load(folder: string, files: Files): Promise<number> {
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
    this.#progress = state.progress;
    this.#recent = new Means(state.recent);
    this.#epochMeans = new Means(state.epochMeans);
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

function filesFor(folder: string, files: Files | undefined): Files {
  const found = files ?? platform.files;
  if (found === null) throw new UnsupportedError(`${folder}: a browser cannot write folders; leave out \`folder\``);
  return found;
}

function checkOptions<M extends Module, B>(options: FitOptions<M, B>): void {
  const { epochs, steps, accumulation = 1, clip = {}, logEvery = 10, resume, folder } = options;
  check((epochs === undefined) !== (steps === undefined), 'fit needs either `epochs` or `steps`');
  const positive = (name: string, value: number | undefined): void => {
    if (value !== undefined) checkCount(name, value);
  };
  positive('epochs', epochs);
  positive('steps', steps);
  positive('accumulation', accumulation);
  positive('logEvery', logEvery);
  positive('checkpoint.everySteps', options.checkpoint?.everySteps);
  positive('checkpoint.keep', options.checkpoint?.keep);
  positive('validateEvery.steps', options.validateEvery?.steps);
  positive('validateEvery.epochs', options.validateEvery?.epochs);
  positive('monitor.patience', options.monitor?.patience);
  for (const [name, limit] of Object.entries(clip)) {
    check(limit === undefined || limit > 0, `clip.${name} must be above 0, got ${limit}`);
  }
  check(resume !== true || folder !== undefined, '`resume` needs the `folder` of the run');
  check(
    options.schedule === undefined || options.schedule.optimizer === options.optimizer,
    'the schedule belongs to another optimiser',
  );
  check(
    options.monitor?.patience === undefined || options.validate !== undefined,
    'early stopping (patience) needs something to validate on',
  );
}
