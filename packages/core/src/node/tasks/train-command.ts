import type { Module } from '../../module/index.js';
import { manualSeed } from '../../random/index.js';
import {
  defineCommand,
  type OptionSpec,
  type OptionSpecs,
  type OptionValues,
  type TaskCommand,
  type TaskContext,
} from '../../tasks/index.js';
import { ConsoleReporter, type FitResult, type StandardOptions } from '../../training/index.js';
import { checkpointOf, startBackend } from './models.js';
import { inRunFolder, settingsOf } from './run-folder.js';

type Spec<Kind extends OptionSpec['kind']> = OptionSpec & { readonly kind: Kind };
type Usual<Kind extends OptionSpec['kind'], Value> = Spec<Kind> & { readonly default: Value };

/**
 * What every training command's options hold; see {@link runOptions} and {@link trainingOptions}. A task may describe them in other
 * words, and leave out defaults that it chooses itself, and `batchSize` where there are no batches.
 */
export type TrainingSpecs = {
  readonly run: Usual<'text', string>;
  readonly resume: Spec<'flag'>;
  readonly epochs: Spec<'integer'>;
  readonly learningRate: Spec<'number'>;
  readonly weightDecay: Spec<'number'>;
  readonly emaDecay: Spec<'number'>;
  readonly patience: Spec<'integer'>;
  readonly checkpointEvery: Spec<'integer'>;
  readonly seed: Usual<'integer', number>;
  readonly backend: Usual<'text', string>;
};

/** A training command before {@link defineTrainCommand} makes one of it. */
export interface TrainCommand<S extends TrainingSpecs & OptionSpecs, Data, M extends Module> {
  /** Name of the task, for the line that says how to go on. */
  readonly task: string;
  readonly description: string;
  readonly options: S;
  /** What steps are counted in, for the progress bar: `images`. */
  readonly unit: string;
  /** Opens the data and checks the options, before the backend starts. */
  open(settings: OptionValues<S>): Promise<Data>;
  /** Says what there is, checks every example, and makes the model. The default generator has been seeded. */
  begin(data: Data, settings: OptionValues<S>, context: TaskContext): Promise<M>;
  /** Trains; `shared` is what the common options say. */
  train(model: M, data: Data, shared: StandardOptions, settings: OptionValues<S>): Promise<FitResult>;
  load(folder: string): Promise<M>;
  /** Scores the best checkpoint, which is in `folder`, and says how good it is. Without it nothing is said. */
  report?(model: M, folder: string, data: Data, settings: OptionValues<S>, context: TaskContext): Promise<void>;
}

/**
 * The verb train of a task: settings that are kept with the run, `--resume`, a stop that saves first, and a report on the
 * best checkpoint at the end.
 */
export function defineTrainCommand<const S extends TrainingSpecs & OptionSpecs, Data, M extends Module>(
  command: TrainCommand<S, Data, M>,
): TaskCommand {
  type Settings = OptionValues<S> & OptionValues<TrainingSpecs>;
  return defineCommand<S>({
    description: command.description,
    options: command.options,
    async run(given, _args, context) {
      const settings = settingsOf(given as Settings, command.options);
      const data = await command.open(settings);
      const backend = await startBackend(settings.backend, context);
      manualSeed(settings.seed);
      const model = await command.begin(data, settings, context);
      try {
        const { step, stopped } = await inRunFolder({ ...settings, backend }, () =>
          command.train(model, data, sharedOptions(settings, command.unit, context), settings),
        );
        if (stopped === 'aborted') {
          const { data: folder } = settings as { data?: string };
          const where = folder === undefined ? '' : ` --data ${folder}`;
          context.print(
            `stopped at step ${step}; go on with: hourglass train ${command.task}${where} --run ${settings.run} --resume`,
          );
          return;
        }
      } finally {
        model.dispose();
      }
      if (command.report === undefined) return;
      const folder = await checkpointOf(settings.run, 'best');
      const best = await command.load(folder);
      try {
        context.signal.throwIfAborted();
        await command.report(best, folder, data, settings, context);
      } finally {
        best.dispose();
      }
    },
  });
}

function sharedOptions(settings: OptionValues<TrainingSpecs>, unit: string, context: TaskContext): StandardOptions {
  const { epochs, learningRate, weightDecay, emaDecay, patience, checkpointEvery, seed, run, resume } = settings;
  const { batchSize } = settings as { readonly batchSize?: number };
  return {
    ...given({ epochs, batchSize, learningRate, weightDecay, emaDecay, patience }),
    seed,
    run,
    resume,
    fit: {
      signal: context.signal,
      reporter: new ConsoleReporter({ unit }),
      ...(checkpointEvery === undefined ? {} : { checkpoint: { everySteps: checkpointEvery } }),
    },
  };
}

/** The options that have a value. */
export function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
