import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  DataLoader,
  map,
  metrics,
  predictBatches,
  standardFit,
  type Dataset,
  type FitResult,
  type StandardOptions,
  type Watch,
} from '@hourglass/core';
import { changeSpeed } from '../data/change-speed.js';
import { toMono, type Waveform } from '../data/waveform.js';
import { resampleWaveform } from '../signal/index.js';
import { ctcBeamSearch, ctcGreedySearch } from '../decoding/index.js';
import type { SpeechBatch, SpeechRecognizer } from '../models/recognition/recognizer/index.js';

/** A sound. */
export interface Spoken {
  readonly waveform: Waveform;
}

/** A sound and what was said. */
export interface Transcribed extends Spoken {
  readonly text: string;
}

export interface DecodingOptions extends Watch {
  /** Sounds at once. Default 16. */
  readonly batchSize?: number;
  /** Prefixes that the search keeps; 1 (default) takes the likeliest token of each frame. */
  readonly beamWidth?: number;
}

export interface TrainRecognitionOptions extends StandardOptions {
  /** Read after each epoch; the best checkpoint is that with the lowest character error rate. */
  readonly validation?: Dataset<Transcribed>;
  /** Sounds are played faster or slower by up to this share, drawn anew each time. Default 0.1. */
  readonly speed?: number;
}

/** How well speech was read. Rates may exceed 1. */
export interface RecognitionScores {
  /** Word error rate, with the edits that it counts. */
  readonly words: metrics.ErrorRates;
  /** Character error rate. */
  readonly characters: metrics.ErrorRates;
  /** Share of the sounds with any error. */
  readonly sentenceErrorRate: number;
  /** Mean CTC loss for each character; sounds too short for their transcripts count for nothing. */
  readonly loss: number;
  readonly references: readonly string[];
  readonly hypotheses: readonly string[];
}

interface Prepared {
  readonly samples: Float32Array;
  readonly labels: readonly number[];
}

/**
 * Trains a recogniser on sounds with transcripts by CTC (Graves et al. 2006): AdamW with warm-up and cosine, as core's `standardFit`.
 * Default 16 sounds in a batch. Sound of another sample rate than the model's is resampled.
 *
 * @throws InvalidArgumentError when there is nothing to train on
 */
export async function trainRecognition(
  model: SpeechRecognizer,
  train: Dataset<Transcribed>,
  options: TrainRecognitionOptions,
): Promise<FitResult> {
  const { validation, batchSize = 16, seed = 0, speed = 0.1 } = options;
  check(train.length > 0, 'there are no sounds to train on');
  check(speed >= 0 && speed < 1, `the share by which speed varies must lie in [0, 1), got ${speed}`);
  const prepared = map(train, ({ waveform, text }, { generator }) => ({
    samples: samplesOf(model, waveform, generator.uniform(1 - speed, 1 + speed)),
    labels: model.vocabulary.encode(text),
  }));
  return standardFit(
    model,
    {
      train: new DataLoader(prepared, {
        batchSize: Math.min(batchSize, train.length),
        shuffle: true,
        seed,
        collate: sideBySide,
      }),
      loss: (model, batch) => model.loss(model.forward(batch), batch),
      ...(validation && {
        validate: async (model: SpeechRecognizer) => {
          const { words, characters, loss } = await evaluateRecognition(model, validation, { batchSize });
          return { loss, wordErrorRate: words.rate, characterErrorRate: characters.rate };
        },
        monitor: { metric: 'characterErrorRate', mode: 'min' },
      }),
      save: model.saveOptions,
    },
    options,
  );
}

/** Reads sounds with transcripts, in evaluation mode, and counts the errors. */
export async function evaluateRecognition(
  model: SpeechRecognizer,
  sounds: Dataset<Transcribed>,
  options: DecodingOptions = {},
): Promise<RecognitionScores> {
  const { vocabulary } = model;
  const references: string[] = [];
  const prepared = map(sounds, ({ waveform, text }) => {
    const labels = vocabulary.encode(text);
    return { samples: samplesOf(model, waveform), labels, text };
  });
  const hypotheses: string[] = [];
  let loss = 0;
  for await (const { texts, read, sum } of decode(model, prepared, options, true)) {
    references.push(...texts);
    hypotheses.push(...read);
    loss += sum;
  }
  const [words, characters] = [new metrics.WordErrorRate(), new metrics.CharacterErrorRate()];
  const wrong = references.filter((text, i) => text !== hypotheses[i]).length;
  return {
    words: words.updateAll(references, hypotheses).counts(),
    characters: characters.updateAll(references, hypotheses).counts(),
    sentenceErrorRate: wrong / references.length,
    loss: loss / references.length,
    references,
    hypotheses,
  };
}

/** What is said in each sound, in evaluation mode. */
export async function transcribe(
  model: SpeechRecognizer,
  sounds: Dataset<Spoken>,
  options: DecodingOptions = {},
): Promise<string[]> {
  const prepared = map(sounds, ({ waveform }) => ({ samples: samplesOf(model, waveform), labels: [], text: '' }));
  const texts: string[] = [];
  for await (const { read } of decode(model, prepared, options, false)) texts.push(...read);
  return texts;
}

type Batch = SpeechBatch & { readonly texts: readonly string[] };

async function* decode(
  model: SpeechRecognizer,
  prepared: Dataset<Prepared & { readonly text: string }>,
  { batchSize = 16, beamWidth = 1, ...watch }: DecodingOptions,
  withLoss: boolean,
): AsyncGenerator<{ texts: readonly string[]; read: string[]; sum: number }> {
  const { vocabulary } = model;
  const { blank } = vocabulary;
  const loader = new DataLoader(prepared, {
    batchSize,
    collate: (examples): Batch => ({ ...sideBySide(examples), texts: examples.map(({ text }) => text) }),
  });
  const read = (batch: Batch) => {
    const scores = model.forward(batch);
    return { scores, loss: withLoss ? model.loss(scores, batch) : null, texts: batch.texts, lengths: batch.lengths };
  };
  const results = predictBatches(model, loader, read, watch);
  for await (const { scores, loss, texts, lengths } of results) {
    const frames = lengths.map((count) => model.frames(count));
    const found =
      beamWidth > 1
        ? (await ctcBeamSearch(scores, frames, { blank, beamWidth })).map(([best]) => best!)
        : await ctcGreedySearch(scores, frames, { blank });
    const mean = loss === null ? 0 : (await loss.data())[0]!;
    tf.dispose([scores, ...(loss === null ? [] : [loss])]);
    yield { texts, read: found.map(({ labels }) => vocabulary.decode(labels)), sum: mean * texts.length };
  }
}

/** One channel at the model's sample rate, perhaps faster or slower, as the model takes it. */
function samplesOf(model: SpeechRecognizer, waveform: Waveform, speed = 1): Float32Array {
  const samples = resampleWaveform(toMono(waveform), model.sampleRate).channels[0]!;
  return model.prepare(speed === 1 ? samples : changeSpeed(samples, speed));
}

/** A batch, with zeros behind the shorter sounds. */
function sideBySide(examples: readonly Prepared[]): SpeechBatch {
  const lengths = examples.map(({ samples }) => samples.length);
  const longest = Math.max(...lengths);
  const values = new Float32Array(examples.length * longest);
  examples.forEach(({ samples }, row) => values.set(samples, row * longest));
  return {
    samples: tf.tensor2d(values, [examples.length, longest]),
    lengths,
    labels: examples.map(({ labels }) => labels),
  };
}
