import { join } from 'node:path';
import { check, defaultGenerator, Generator, subset, type Dataset, type OptionValues } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import { defineTrainCommand, given, runOptions, trainingOptions } from '@hourglass/core/tasks';
import {
  CharacterVocabulary,
  ctcArchitectures,
  SpeechRecognizer,
  type CtcArchitecture,
} from '../../models/recognition/recognizer/index.js';
import { Wav2Vec2ForCTC } from '../../models/recognition/wav2vec2/index.js';
import { openTranscribedFolder, type TranscribedFolder } from '../../node/index.js';
import { evaluateRecognition, trainRecognition, type Transcribed } from '../../training/index.js';
import { dataOption } from './options.js';
import { errorLines, scoreLines, scoresJson } from './report.js';

const options = {
  data: dataOption,
  ...runOptions('speech-recognition'),
  architecture: {
    kind: 'text',
    description: 'convolutions and an LSTM or Conformer on log-mel spectra, or wav2vec 2.0 on samples',
    choices: [...ctcArchitectures, 'wav2vec2'],
    default: 'lstm',
  },
  encoder: {
    kind: 'text',
    placeholder: 'SOURCE',
    description: 'the checkpoint to begin with, pre-trained or not',
    conflicts: ['hidden', 'layers', 'dropout'],
    goesWith: { architecture: ['wav2vec2'] },
  },
  sampleRate: {
    kind: 'integer',
    placeholder: 'HERTZ',
    description:
      'of the model; sounds of another are resampled (default: 16000 with --encoder, else that of the first sound)',
    min: 1000,
    max: 192000,
  },
  hidden: { kind: 'integer', description: 'width of the layers', default: 128, min: 1 },
  layers: { kind: 'integer', description: 'number of layers', default: 2, min: 1 },
  subsampling: {
    kind: 'integer',
    description: 'frames of 10 ms that become one: 2 or 4',
    default: 2,
    min: 2,
    max: 4,
    goesWith: { architecture: ctcArchitectures },
  },
  dropout: { kind: 'number', description: 'dropout', default: 0.3, min: 0, max: 0.99 },
  masking: {
    kind: 'number',
    description: 'share of frames and of mel filters (wav2vec2: of frames) that training hides',
    default: 0.2,
    min: 0,
    max: 0.9,
  },
  speed: {
    kind: 'number',
    description: 'share by which training plays sounds faster or slower',
    default: 0.1,
    min: 0,
    max: 0.5,
  },
  validation: {
    kind: 'number',
    description: 'share of the training sounds that chooses the best checkpoint, where the data have no split for that',
    default: 0.05,
    min: 0,
    max: 0.5,
  },
  ...trainingOptions({
    examples: 'sounds',
    score: 'character error rate',
    epochs: 40,
    batchSize: 16,
    learningRate: 2e-3,
  }),
} as const;

type Settings = OptionValues<typeof options>;

interface Data {
  readonly train: Dataset<Transcribed>;
  /** What may be known of the language. */
  readonly texts: readonly string[];
  readonly val: Dataset<Transcribed> | null;
  readonly test: TranscribedFolder | null;
}

export const trainCommand = defineTrainCommand({
  task: 'speech-recognition',
  description: 'train a model to write what is said',
  options,
  unit: 'sounds',
  async open({ data, seed, validation, subsampling }: Settings): Promise<Data> {
    check(subsampling !== 3, 'subsampling must be 2 or 4');
    const train = await openTranscribedFolder(data, { seed });
    const { splits } = train.sounds;
    const open = (split: string) => (splits.includes(split) ? openTranscribedFolder(data, { seed, split }) : null);
    const [val, test] = [await open('val'), await open('test')];
    const held = val === null ? Math.round(validation * train.length) : 0;
    const order = [...new Generator(seed).permutation(train.length)];
    const [valIds, trainIds] = [order.slice(0, held), order.slice(held).sort((a, b) => a - b)];
    return {
      train: subset(train, trainIds),
      texts: trainIds.map((i) => train.texts[i]!),
      val: val ?? (held > 0 ? subset(train, valIds) : null),
      test,
    };
  },
  async begin({ train, texts, val, test }, settings, context) {
    const { waveform } = await train.get(0);
    const vocabulary = CharacterVocabulary.of(texts);
    context.print(
      `${train.length} sounds to train on, ${val?.length ?? 0} to validate on, ${test?.length ?? 0} for the test; ${waveform.sampleRate} Hz, ${vocabulary.size} tokens`,
    );
    const rate = settings.sampleRate ?? (settings.encoder === undefined ? waveform.sampleRate : 16000);
    const model = await newModel(settings, vocabulary, rate);
    context.print(`${settings.architecture}: ${model.parameterCount.toLocaleString('en')} parameters`);
    return model;
  },
  train: (model, { train, val }, shared, { speed }) =>
    trainRecognition(model, train, { ...shared, speed, ...given({ validation: val ?? undefined }) }),
  load: SpeechRecognizer.fromPretrained,
  async report(model, folder, { test }, settings, context) {
    if (test === null) return;
    const scores = await evaluateRecognition(model, test, { batchSize: settings.batchSize, ...context });
    context.print(`checkpoint ${folder} on ${test.length} sounds of the test split`);
    const names = test.sounds.files.map(({ name }) => name);
    for (const line of [...scoreLines(scores), ...errorLines(scores, names)]) context.print(line);
    await writeJson(join(settings.run, 'scores-test.json'), scoresJson(scores));
  },
});

async function newModel(
  { architecture, encoder, hidden, layers, subsampling, dropout, masking }: Settings,
  vocabulary: CharacterVocabulary,
  sampleRate: number,
): Promise<SpeechRecognizer> {
  const generator = defaultGenerator();
  if (architecture !== 'wav2vec2') {
    const name = architecture as CtcArchitecture;
    const sizes = { hidden, layers, subsampling: subsampling as 2 | 4 };
    const config = { architecture: name, sampleRate, ...sizes, dropout, masking };
    return SpeechRecognizer.create(config, vocabulary, generator);
  }
  const head = {
    vocab_size: vocabulary.size,
    pad_token_id: vocabulary.blank,
    ctc_zero_infinity: true,
    mask_time_prob: masking,
  };
  const net =
    encoder === undefined
      ? new Wav2Vec2ForCTC({ ...head, ...smallWav2Vec2(hidden, layers, dropout) }, generator)
      : await Wav2Vec2ForCTC.fromEncoder(encoder, head);
  return new SpeechRecognizer(net, vocabulary, { sampling_rate: sampleRate });
}

/** One that small data can train from nothing, on sound of 8 kHz: a frame for each 20 ms. */
function smallWav2Vec2(hidden: number, layers: number, dropout: number) {
  return {
    conv_dim: [64, 64, 64, 64],
    conv_kernel: [10, 8, 4, 4],
    conv_stride: [5, 4, 2, 4],
    feat_extract_norm: 'layer',
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: 4,
    intermediate_size: 4 * hidden,
    num_conv_pos_embeddings: 16,
    num_conv_pos_embedding_groups: 4,
    do_stable_layer_norm: true,
    hidden_dropout: dropout,
    attention_dropout: dropout,
    activation_dropout: dropout,
    final_dropout: dropout,
    layerdrop: 0,
    mask_time_length: 2,
    mask_time_min_masks: 0,
  } as const;
}
