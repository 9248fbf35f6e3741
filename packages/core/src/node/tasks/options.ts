import type { OptionSpec } from '../../tasks/index.js';

/** The model to load, of every verb but train. */
export const modelOption = {
  kind: 'text',
  placeholder: 'SOURCE',
  description: 'a run folder, a saved model, a hub id or a URL',
  required: true,
} as const satisfies OptionSpec;

/** Which checkpoint, where {@link modelOption} names a run. */
export const checkpointOption = {
  kind: 'text',
  description: 'which checkpoint of a run folder',
  choices: ['best', 'latest'],
  default: 'best',
} as const satisfies OptionSpec;

/** Where tensors live. */
export const backendOption = {
  kind: 'text',
  description: 'where to compute',
  choices: ['auto', 'tensorflow', 'webgpu', 'native', 'wasm', 'cpu'],
  default: 'auto',
} as const satisfies OptionSpec;

/** Where scores go besides the terminal. */
export const jsonOption = {
  kind: 'text',
  placeholder: 'FILE',
  description: 'also write the scores to a file',
  writes: 'file',
} as const satisfies OptionSpec;

/** Where the results of a verb go. @param what they are, and that they go: `the masks go` */
export const outOption = (what: string, kind: 'file' | 'folder', usual: string) =>
  ({
    kind: 'text',
    placeholder: kind === 'file' ? 'FILE' : 'FOLDER',
    description: `where ${what}`,
    default: usual,
    writes: kind,
  }) as const;

/** Examples in a batch. @param examples their name: `pictures`. */
export const batchSizeOption = (examples: string, usual = 8) =>
  ({ kind: 'integer', description: `${examples} at once`, default: usual, min: 1, max: 4096 }) as const;

/** Where a training command writes. @param task its name, below `runs/`. */
export const runOptions = (task: string) =>
  ({
    run: {
      kind: 'text',
      placeholder: 'FOLDER',
      description: 'where checkpoints, metrics and examples go',
      default: `runs/${task}`,
      writes: 'folder',
    },
    resume: { kind: 'flag', description: 'go on with the run in --run, with its own settings' },
  }) as const;

/** What {@link trainingOptions} must know of a task. */
export interface TrainingDefaults {
  /** What the examples are called: `pictures`. */
  readonly examples: string;
  /** The score that says which checkpoint is best: `mean IoU`. */
  readonly score: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly weightDecay?: number;
}

/** Options that every training command has. */
export const trainingOptions = (given: TrainingDefaults) => {
  const { examples, score, epochs = 30, batchSize = 8, learningRate = 1e-3, weightDecay = 1e-4 } = given;
  return {
    epochs: { kind: 'integer', description: 'passes over the data', default: epochs, min: 1 },
    batchSize: batchSizeOption(examples, batchSize),
    learningRate: { kind: 'number', description: 'peak learning rate of AdamW', default: learningRate, min: 0 },
    weightDecay: { kind: 'number', description: 'weight decay', default: weightDecay, min: 0 },
    emaDecay: {
      kind: 'number',
      placeholder: 'DECAY',
      description: 'validate and save a moving average of the weights with this decay, for instance 0.998',
      min: 0,
      max: 0.999999,
    },
    patience: { kind: 'integer', description: `stop after so many epochs without a better ${score}`, min: 1 },
    checkpointEvery: { kind: 'integer', placeholder: 'STEPS', description: 'also save every so many steps', min: 1 },
    seed: { kind: 'integer', description: 'decides everything random', default: 0 },
    backend: backendOption,
  } as const;
};
