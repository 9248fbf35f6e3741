import { join } from 'node:path';
import { defaultGenerator, InvalidArgumentError, type OptionSpecs, type OptionValues } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import { checkpointOf, defineTrainCommand, given, runOptions, trainingOptions } from '@hourglass/core/tasks';
import { loadCodec, SoundStream, type CodecModel } from '../../models/codecs/index.js';
import { openSoundFolder, type SoundFolder } from '../../node/index.js';
import { createDiscriminator, discriminatorNames, evaluateCodec, trainCodec } from '../../training/index.js';
import type { DiscriminatorName } from '../../training/index.js';
import { writeExamples } from './examples.js';
import { dataOption, scoreLines } from './options.js';

/** Of a new codec. */
const sizeOptions = {
  filters: { kind: 'integer', description: 'channels next to the sound', default: 32, min: 1 },
  frameWidth: { kind: 'integer', description: 'width of a latent frame', default: 128, min: 1 },
  ratios: {
    kind: 'list',
    placeholder: 'N,N',
    description: 'how much longer the sound gets at each stage of the decoder; their product is the samples of a frame',
    default: ['8', '5', '4', '2'],
  },
  residualUnits: { kind: 'integer', description: 'residual units a stage', default: 3, min: 1 },
  residualKernel: { kind: 'integer', description: 'length of their kernels', default: 7, min: 1 },
  compress: { kind: 'integer', description: 'how much narrower they are inside', default: 1, min: 1 },
  codebooks: { kind: 'integer', description: 'codebooks', default: 8, min: 1, max: 64 },
  codebookSize: { kind: 'integer', description: 'codes a codebook has, a power of 2', default: 1024, min: 2 },
  revive: {
    kind: 'number',
    description: 'codes with fewer vectors a batch become one of the batch',
    default: 0.2,
    min: 0,
  },
  denoise: {
    kind: 'text',
    description: 'which half is told whether to take noise out; it then hears noise of random colour, 0 to 15 dB below',
    choices: ['none', 'encoder', 'decoder'],
    default: 'none',
  },
} as const satisfies OptionSpecs;

const judged = { discriminator: discriminatorNames };

const options = {
  data: dataOption,
  ...runOptions('codec'),
  from: {
    kind: 'text',
    placeholder: 'SOURCE',
    description:
      'go on with the weights of a codec: a run, a saved model, a hub id or a URL (default: a new SoundStream)',
    conflicts: Object.keys(sizeOptions),
  },
  ...sizeOptions,
  segment: { kind: 'number', placeholder: 'SECONDS', description: 'length of the pieces', default: 1, min: 0.05 },
  discriminator: {
    kind: 'text',
    description: 'what judges the sound while it learns',
    choices: ['none', ...discriminatorNames],
    // worth it in long training alone
    default: 'none',
  },
  discriminatorWidth: {
    kind: 'number',
    description: "its width, relative to the paper's",
    default: 1,
    min: 0.01,
    goesWith: judged,
  },
  adversarialFrom: {
    kind: 'integer',
    placeholder: 'STEP',
    description: 'steps before the codec hears it; it learns from the first one on',
    default: 0,
    min: 0,
    goesWith: judged,
  },
  timeWeight: { kind: 'number', description: 'share of the gradient of the samples', default: 0.1, min: 0 },
  melWeight: { kind: 'number', description: 'share of the mel spectrograms', default: 1, min: 0 },
  melWindows: {
    kind: 'list',
    placeholder: 'N,N',
    description: 'lengths of their windows',
    default: ['64', '128', '256', '512', '1024', '2048'],
  },
  adversarialWeight: {
    kind: 'number',
    description: 'share of fooling the discriminators',
    default: 3,
    min: 0,
    goesWith: judged,
  },
  featuresWeight: {
    kind: 'number',
    description: "share of the discriminators' layers",
    default: 3,
    min: 0,
    goesWith: judged,
  },
  examples: {
    kind: 'integer',
    description: 'held-out recordings written as WAV files and pictures at the end',
    default: 3,
    min: 0,
  },
  ...trainingOptions({ examples: 'pieces', score: 'mel distance', epochs: 100 }),
} as const;

type Settings = OptionValues<typeof options>;

interface Data {
  readonly train: SoundFolder;
  /** What is scored after each epoch, and at the end; null for a folder that has nothing else. */
  readonly validation: SoundFolder | null;
  readonly test: SoundFolder | null;
}

export const trainCommand = defineTrainCommand({
  task: 'codec',
  description: 'train a neural codec on recordings',
  options,
  unit: 'pieces',
  async open({ data, seed }: Settings): Promise<Data> {
    const train = await openSoundFolder(data, { seed });
    const other = async (split: string): Promise<SoundFolder | null> =>
      train.splits.includes(split) ? openSoundFolder(data, { split, seed }) : null;
    const [validation, test] = [await other('val'), await other('test')];
    return { train, validation: validation ?? test, test: test ?? validation };
  },
  async begin({ train, validation, test }, settings, context): Promise<CodecModel<object>> {
    context.print(
      `${train.length} recordings to train on, ${validation?.length ?? 0} to validate on, ${test?.length ?? 0} for the test`,
    );
    const { waveform } = await train.get(0);
    const model =
      settings.from === undefined
        ? newCodec(settings, waveform.sampleRate, waveform.channels.length)
        : await loadCodec(await checkpointOf(settings.from, 'best'));
    context.print(
      `${String(model.checkpointConfig()['model_type'])}: ${model.parameterCount.toLocaleString('en')} parameters, ` +
        `${model.frameRate} frames a second, ${model.bandwidthOf(1) / 1000} to ${model.bandwidthOf() / 1000} kbit/s`,
    );
    return model;
  },
  async train(model, { train, validation }, shared, settings) {
    const { discriminator: name, segment, adversarialFrom } = settings;
    const { channels } = model;
    const discriminator =
      name === 'none'
        ? undefined
        : createDiscriminator(name as DiscriminatorName, { channels, width: settings.discriminatorWidth });
    try {
      return await trainCodec(model, train, {
        ...shared,
        ...given({ validation: validation ?? undefined }),
        segment,
        discriminator,
        adversarialFrom,
        ...(model instanceof SoundStream && model.film !== null && { noise: [0, 15] }),
        melWindows: numbers('mel-windows', settings.melWindows),
        weights: {
          time: settings.timeWeight,
          mel: settings.melWeight,
          adversarial: settings.adversarialWeight,
          features: settings.featuresWeight,
        },
      });
    } finally {
      discriminator?.dispose();
    }
  },
  load: loadCodec,
  async report(model, folder, { test }, settings, context) {
    if (test === null) return;
    const scores = await evaluateCodec(model, test, undefined, context);
    context.print(`best checkpoint ${folder} on the ${test.length} recordings of the ${test.split} split`);
    for (const line of scoreLines(scores)) context.print(line);
    await writeJson(join(settings.run, `scores-${test.split}.json`), { scores });
    if (settings.examples === 0) return;
    const written = await writeExamples(model, test, join(settings.run, 'examples'), settings.examples, context);
    context.print(`${written.length} sounds and pictures in ${join(settings.run, 'examples')}`);
  },
});

function newCodec(settings: Settings, sampleRate: number, channels: number): SoundStream {
  return new SoundStream(
    {
      sampling_rate: sampleRate,
      audio_channels: channels,
      num_filters: settings.filters,
      hidden_size: settings.frameWidth,
      upsampling_ratios: numbers('ratios', settings.ratios),
      num_residual_layers: settings.residualUnits,
      residual_kernel_size: settings.residualKernel,
      compress: settings.compress,
      num_quantizers: settings.codebooks,
      codebook_size: settings.codebookSize,
      revive: settings.revive,
      denoise: settings.denoise as 'none' | 'encoder' | 'decoder',
    },
    { generator: defaultGenerator() },
  );
}

function numbers(option: string, given: readonly string[]): number[] {
  return given.map((text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value > 0) return value;
    throw new InvalidArgumentError(`--${option} takes whole numbers from 1 on, not '${text}'`);
  });
}
