import type * as tf from '@tensorflow/tfjs-core';
import type { SaveOptions } from '../checkpoint/pretrained.js';
import type { BatchSource } from '../data/loader.js';
import type { Module } from '../module/module.js';
import type { Optimizer } from '../optim/index.js';
import type { Files } from '../platform/types.js';
import type { Generator } from '../random/generator.js';
import type { Schedule } from '../schedules/index.js';
import type { Reporter } from './reporter.js';

/** What a loss function returns when it returns more than the loss. */
export interface LossResult {
  /** Scalar. */
  readonly loss: tf.Tensor;
  /** Further scalars whose means are logged: the parts of the loss, for instance. */
  readonly logs?: Readonly<Record<string, tf.Tensor>>;
  /** What validation metrics look at: the model's prediction. */
  readonly output?: unknown;
}

/** Which step a batch is for, both from 1. */
export interface StepPosition {
  readonly step: number;
  readonly epoch: number;
}

/** Called inside a scope and, in training, under a gradient tape; `at` is null in validation. */
export type LossFunction<M extends Module, B> = (model: M, batch: B, at: StepPosition | null) => tf.Tensor | LossResult;

/** Gathers a score over the batches of a validation; {@link batchMetric} makes one of a metric. */
export interface ValidationMetric<B> {
  reset(): void;
  /** Called inside a scope. `output` is that of the {@link LossResult}. */
  update(output: never, batch: B): void;
  /** A number, or an object whose numbers count. */
  compute(): number | object;
}

/** Which validation score says how good the model is. */
export interface Monitor {
  /** `loss`, or a metric's name. Default `loss`. */
  readonly metric?: string;
  /** Default `min`. */
  readonly mode?: 'min' | 'max';
  /** Smallest change that counts. Default 0. */
  readonly minDelta?: number;
  /** Stop after so many validations without improvement. Default: never. */
  readonly patience?: number;
}

export interface StepEvent {
  readonly step: number;
  /** From 1. */
  readonly epoch: number;
  readonly loss: number;
  readonly logs: Readonly<Record<string, number>>;
  /** Norm of all gradients before clipping. */
  readonly gradientNorm: number;
}

export interface ScoresEvent {
  readonly step: number;
  /** From 1. */
  readonly epoch: number;
  readonly scores: Readonly<Record<string, number>>;
}

/** Awaited one after another. */
export interface Callbacks {
  readonly onStep?: (event: StepEvent) => void | Promise<void>;
  /** `scores` holds the mean loss of the epoch and the means of the logs. */
  readonly onEpoch?: (event: ScoresEvent) => void | Promise<void>;
  readonly onValidation?: (event: ScoresEvent & { readonly isBest: boolean }) => void | Promise<void>;
  readonly onCheckpoint?: (event: { readonly step: number; readonly folder: string }) => void | Promise<void>;
}

export interface FitOptions<M extends Module, B> {
  /** Training batches. Their first tensor's first axis counts the examples. */
  readonly train: BatchSource<B>;
  readonly loss: LossFunction<M, B>;
  readonly optimizer: Optimizer;
  /** How long; one of the two is needed. A step is one update of the parameters. */
  readonly epochs?: number;
  readonly steps?: number;

  /** Batches on which `loss` and `metrics` are averaged, or a function that returns scores. Evaluation mode, averaged weights. */
  readonly validate?: BatchSource<B> | ((model: M) => Promise<Readonly<Record<string, number>>>);
  /** Default: after each epoch. */
  readonly validateEvery?: { readonly epochs?: number; readonly steps?: number };
  readonly metrics?: Readonly<Record<string, ValidationMetric<B>>>;
  readonly monitor?: Monitor;

  readonly schedule?: Schedule;
  /** When the schedule goes on. On `validation` it gets the monitored score. Default `step`. */
  readonly scheduleOn?: 'step' | 'epoch' | 'validation';
  /** Limits the total norm of the gradients, or each value. */
  readonly clip?: { readonly norm?: number; readonly value?: number };
  /** Batches whose mean gradient makes one step. Default 1. */
  readonly accumulation?: number;
  /**
   * Modules that learn beside the model and are no part of it, by name: discriminators. The loss uses them and the optimiser has their
   * parameters; checkpoints keep them with the training state, the saved model is without them.
   */
  readonly alongside?: Readonly<Record<string, Module>>;
  /** Keeps a moving average of the parameters, which is validated, saved, and in the model at the end. */
  readonly ema?: { readonly decay: number };
  /** Sets the modules' training flags before the first step; default `model.train()`. For frozen parts in evaluation mode. */
  readonly trainMode?: (model: M) => void;

  /** Where metrics and checkpoints go. Without it nothing is written. */
  readonly folder?: string;
  /** Goes on from the latest checkpoint in `folder`, or begins when there is none. */
  readonly resume?: boolean;
  readonly checkpoint?: {
    readonly everySteps?: number;
    readonly everySeconds?: number;
    /** Default true. */
    readonly everyEpoch?: boolean;
    /** Saves whenever the monitored score is better than ever. Default true. */
    readonly best?: boolean;
    /** Checkpoints kept, besides the best. Default 2. */
    readonly keep?: number;
  };
  /** How the model is saved; see {@link savePretrained}. */
  readonly save?: Omit<SaveOptions, 'files'>;

  /** Seeds the default generator at the beginning of a new run. */
  readonly seed?: number;
  /** Generators besides the default one that the model or the loss draws from; saved and restored. */
  readonly generators?: Readonly<Record<string, Generator>>;
  /** Steps between lines of metrics. Default 10. */
  readonly logEvery?: number;
  readonly reporter?: Reporter;
  readonly callbacks?: Callbacks;
  /** Stops after the present step, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Replaces the file system. */
  readonly files?: Files;
}

export interface FitResult {
  readonly stopped: 'finished' | 'early' | 'aborted';
  readonly step: number;
  /** Whole epochs. */
  readonly epochs: number;
  /** Of the last validation. */
  readonly scores: Readonly<Record<string, number | null>>;
  readonly best: { readonly step: number; readonly score: number } | null;
  /** Folders of the checkpoints. */
  readonly latestCheckpoint: string | null;
  readonly bestCheckpoint: string | null;
}
