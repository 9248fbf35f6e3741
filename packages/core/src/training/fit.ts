import { disposeTensors } from '../data/tensors-in.js';
import { FileError, InvalidArgumentError, check } from '../errors.js';
import type { Module } from '../module/module.js';
import { breathe } from '../watch.js';
import { checkOptions, filesFor } from './check-options.js';
import { CheckpointStore } from './checkpoints.js';
import { evaluationMode, rememberFlags } from './evaluate.js';
import { MetricsFile } from './metrics-file.js';
import type { FitOptions, FitResult } from './options.js';
import { defaultReporter, type Reporter } from './reporter.js';
import { RunState, type Progress } from './run-state.js';
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

class Run<M extends Module, B> {
  readonly #steps: number;
  readonly #accumulation: number;
  readonly #reporter: Reporter;
  readonly #state: RunState<M, B>;
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
    this.#state = new RunState(model, options);
  }

  get #progress(): Progress {
    return this.#state.progress;
  }

  get #epochs(): number {
    return Math.ceil(this.#steps / Math.ceil(this.options.train.length / this.#accumulation));
  }

  async open(): Promise<void> {
    const { options } = this;
    const { folder, resume = false } = options;
    let metricsSize = 0;
    if (folder !== undefined) {
      const files = filesFor(folder, options.files);
      const hasRun = (await files.kind(`${folder}/metrics.jsonl`)) ?? (await files.kind(`${folder}/checkpoints`));
      if (hasRun !== null && !resume) {
        throw new FileError(folder, 'holds a run already; set `resume`, or choose another folder');
      }
      this.#store = await CheckpointStore.open(`${folder}/checkpoints`, options.checkpoint?.keep ?? 2, files);
      if (this.#store.latest !== null) metricsSize = await this.#state.load(this.#store.latest, files);
      this.#metrics = await MetricsFile.open(`${folder}/metrics.jsonl`, metricsSize, files);
    }
    if (this.#store?.latest == null) this.#state.begin();
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
    this.#state.swapAverage(true);
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
    this.#state.dispose();
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
    this.#state.updateAverage();
    const step = ++this.#progress.step;
    const epoch = this.#progress.epoch + 1;
    this.#state.recent.add({ ...values, gradientNorm }, examples);
    this.#state.epochMeans.add(values, examples);
    if (step % logEvery === 0) {
      const learningRate = rates.length === 1 ? rates[0] : rates;
      await this.#metrics?.write({ kind: 'step', step, epoch, ...this.#state.recent.take(), learningRate });
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
    const scores = this.#state.epochMeans.take();
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
    this.#state.swapAverage(true);
    let scores: Readonly<Record<string, number>>;
    try {
      scores =
        typeof validate === 'function'
          ? await validate(this.model)
          : await validateOn(this.model, validate!, loss, metrics);
    } finally {
      this.#state.swapAverage(false);
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

  async #save(): Promise<void> {
    const { step } = this.#progress;
    if (this.#store === null || this.#store.latest?.endsWith(`step-${String(step).padStart(8, '0')}`)) return;
    await this.#metrics!.sync();
    const best = this.#isNewBest && this.options.checkpoint?.best !== false;
    await this.#state.save(this.#store, this.#metrics!.size, best);
    this.#isNewBest = false;
    this.#savedAt = performance.now();
  }
}
