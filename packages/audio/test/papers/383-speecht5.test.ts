import * as tf from '@tensorflow/tfjs-core';
import {
  CodeMixer,
  jointCtcLoss,
  maskSpans,
  speechT5Body,
  SpeechT5CtcHead,
  SpeechT5ForPreTraining,
  SpeechT5ForSpeechToSpeech,
  SpeechT5ForSpeechToText,
  SpeechT5ForTextToSpeech,
  speechT5Settings,
} from '@hourglass/audio';
import {
  Adam,
  Generator,
  kMeans,
  manualSeed,
  normalTensor,
  textInfilling,
  valueAndGradients,
  type Module,
  type Parameter,
} from '@hourglass/core';
import { capability, expectClose, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  config,
  drawUtterances,
  letters,
  sound,
  speakers,
  spectrogram,
  targets,
  tokens,
  written,
  type Utterances,
} from './toy-speech.js';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

/** Learns by steps on losses in turn. */
class Learner {
  readonly #parameters: readonly Parameter[];
  readonly #optimizer: Adam;

  constructor(modules: readonly Module[], lr: number) {
    this.#parameters = [...new Set(modules.flatMap((module) => module.parameters()))];
    this.#optimizer = new Adam(this.#parameters, { lr });
  }

  step(loss: () => tf.Tensor): void {
    const { value, gradients } = valueAndGradients(() => tf.tidy(loss), this.#parameters);
    this.#optimizer.step(gradients);
    tf.dispose([value, ...gradients.values()]);
  }
}

const valueOf = (x: tf.Tensor): number => x.dataSync()[0]!;

/** Share of letters that are written right. */
async function lettersRight(model: SpeechT5ForSpeechToText, { texts }: Utterances, x: tf.Tensor): Promise<number> {
  const { sequences } = await model.generate(x, { config: { maxNewTokens: letters + 1 } });
  const right = texts.flatMap((text, n) => text.filter((token, i) => sequences[n]![i + 1] === token));
  return right.length / (texts.length * letters);
}

/** Distance of what is made of inputs by a voice from what it should be. */
function distance(made: tf.Tensor, utterances: Utterances): number {
  return tf.tidy(() => valueOf(tf.mean(tf.abs(tf.sub(made, spectrogram(utterances))))));
}

interface Tasks {
  readonly write: SpeechT5ForSpeechToText;
  readonly head: SpeechT5CtcHead;
  readonly speak: SpeechT5ForTextToSpeech;
  readonly convert: SpeechT5ForSpeechToSpeech;
}

/** Three tasks on one body. */
function tasksOn(seed: number): Tasks {
  const body = speechT5Body(speechT5Settings(config), new Generator(seed));
  const generator = new Generator(seed + 100);
  return {
    write: new SpeechT5ForSpeechToText(config, generator, body),
    head: new SpeechT5CtcHead(config, generator),
    speak: new SpeechT5ForTextToSpeech(config, generator, body),
    convert: new SpeechT5ForSpeechToSpeech(config, generator, body),
  };
}

function learnTasks({ write, head, speak, convert }: Tasks, steps: number): void {
  const learner = new Learner([write, head, speak, convert], 4e-3);
  const generator = new Generator(5);
  for (let i = 0; i < steps; i++) {
    const said = drawUtterances(24, generator);
    learner.step(() => jointCtcLoss(write, head, sound(said, generator), targets(said), said.texts));
    learner.step(() => {
      const frames = spectrogram(said);
      const call = { speakers: speakers(said.voices) };
      return speak.loss(speak.forward(written(said), speak.decoderInputs(frames), call), frames);
    });
    const other = { ...said, voices: said.voices.map((voice) => 1 - voice) };
    learner.step(() => {
      const frames = spectrogram(other);
      const call = { speakers: speakers(other.voices) };
      return convert.loss(convert.forward(sound(said, generator), convert.decoderInputs(frames), call), frames);
    });
  }
}

/** Numbers of the nearest centres of each frame, as far as the encoder's frames go. */
function unitsOf(frames: tf.Tensor, centres: Float64Array, clusters: number, encoderFrames: number): number[][] {
  const width = frames.shape[2]!;
  return (frames.arraySync() as number[][][]).map((rows) =>
    rows.slice(0, encoderFrames).map((row) => {
      const far = Array.from({ length: clusters }, (_, k) =>
        row.reduce((sum, value, j) => sum + (value - centres[k * width + j]!) ** 2, 0),
      );
      return far.indexOf(Math.min(...far));
    }),
  );
}

const clusters = 12;

function preTrain(model: SpeechT5ForPreTraining, steps: number, seed: number): void {
  const generator = new Generator(seed);
  const some = tf.tidy(() => spectrogram(drawUtterances(60, generator)).dataSync());
  const { centres } = kMeans(some, 6, clusters, { restarts: 2, generator });
  const learner = new Learner([model], 4e-3);
  for (let i = 0; i < steps; i++) {
    const said = drawUtterances(24, generator);
    learner.step(() => {
      const x = sound(said, generator);
      const frames = spectrogram(said);
      const count = model.speech_encoder.prenet.feature_encoder.frames(x.shape[1]!);
      const drawn = maskSpans(24, count, { probability: 0.4, length: 2, minMasks: 1, generator });
      const units = unitsOf(frames, centres, clusters, count).map((row, n) =>
        row.map((unit, t) => (drawn[n * count + t] === 1 ? unit : -100)),
      );
      return model.speech({
        x,
        hidden: tf.tensor2d(drawn, [24, count], 'bool'),
        units: tf.tensor2d(units, [24, count], 'int32'),
        spectrogram: frames,
        speakers: speakers(said.voices),
      }).loss;
    });
    const read = drawUtterances(24, generator);
    learner.step(() => {
      const noisy = read.texts.map((text) => {
        const spans = textInfilling([...text, tokens.end], {
          maskToken: tokens.mask,
          meanLength: 1.5,
          kept: [tokens.end],
          generator,
        });
        return [...spans, ...Array.from({ length: letters + 3 - spans.length }, () => tokens.pad)];
      });
      const ids = tf.tensor2d(noisy, [24, letters + 3], 'int32');
      return model.text({ noisy: ids, mask: tf.cast(tf.notEqual(ids, tokens.pad), 'int32'), labels: targets(read) })
        .loss;
    });
  }
}

/** The loss of writing what was not heard before, after some steps on 16 transcripts, slow enough not to learn these by heart. */
function fineTuned(pretrained: SpeechT5ForPreTraining | null, steps: number): number {
  const [generator, model, head] = [
    new Generator(7),
    new SpeechT5ForSpeechToText(config, new Generator(1), pretrained?.body),
    new SpeechT5CtcHead(config, new Generator(2)),
  ];
  const learner = new Learner([model, head], 2e-3);
  const pairs = drawUtterances(16, new Generator(50));
  for (let i = 0; i < steps; i++)
    learner.step(() => jointCtcLoss(model, head, sound(pairs, generator), targets(pairs), pairs.texts));
  model.eval();
  return tf.tidy(() => {
    const unheard = drawUtterances(60, new Generator(99));
    const labels = targets(unheard);
    const { logits } = model.forward(sound(unheard, new Generator(98)), model.decoderInputs(labels));
    return valueOf(model.loss(logits, labels));
  });
}

describe('SpeechT5 (383)', () => {
  it.skipIf(training.isMissing)(
    training.title('one body learns to write, to speak and to change voices, with other nets before and behind it'),
    async () => {
      manualSeed(0);
      const tasks = tasksOn(1);
      const { write, speak, convert } = tasks;
      learnTasks(tasks, 70);
      for (const model of [write, speak, convert]) {
        expect(model.speecht5.encoder.wrapped_encoder).toBe(write.speecht5.encoder.wrapped_encoder);
        model.eval();
      }
      const generator = new Generator(77);
      const said = drawUtterances(40, generator);
      const other = { ...said, voices: said.voices.map((voice) => 1 - voice) };
      const x = sound(said, generator);
      const right = await lettersRight(write, said, x);
      // text to speech without frames to follow; what does not know the text can do no better than the mean frame
      const free = { threshold: 3, maxLengthRatio: 2, speakers: speakers(said.voices) };
      const { spectrogram: spoken } = await speak.generateSpeech(written(said), free);
      const mean = tf.broadcastTo(tf.mean(spectrogram(said), [0, 1], true), [40, 2 * letters, 6]);
      // the conversion of voices; what leaves the voice as it is has this distance
      const call = { speakers: speakers(other.voices) };
      const converted = convert.forward(x, convert.decoderInputs(spectrogram(other)), call).after;
      const rows = {
        right,
        spoken: distance(spoken, said) / distance(mean, said),
        converted: distance(converted, other) / distance(spectrogram(said), other),
      };
      expect(rows.right, JSON.stringify(rows)).toBeGreaterThan(0.8);
      expect(rows.spoken, JSON.stringify(rows)).toBeLessThan(0.75);
      expect(rows.converted, JSON.stringify(rows)).toBeLessThan(0.65);
    },
  );

  // Loss over that from scratch, six seeds: 0.52, 0.54, 0.54, 0.59, 0.64, 0.78; after 40 steps of fine-tuning 0.81 and 0.86 (two seeds). At twice the rate
  // the 16 transcripts are known by heart after 40 steps, and the lead is gone (1.03 to 1.39).
  it.skipIf(training.isMissing)(
    training.title('pre-training on speech and text apart lowers the loss after fine-tuning'),
    () => {
      manualSeed(0);
      const model = new SpeechT5ForPreTraining({ ...config, units: clusters, codes: 24 }, new Generator(1));
      preTrain(model, 60, 3);
      const [scratch, pretrained] = [fineTuned(null, 20), fineTuned(model.train(), 20)];
      console.log(`loss ${scratch.toFixed(3)} from scratch, ${pretrained.toFixed(3)} after pre-training`);
      expect(pretrained).toBeLessThan(0.8 * scratch);
    },
  );

  it('mixes codes of one codebook into the states of speech and of text, and learns it from both', () => {
    const model = new SpeechT5ForPreTraining({ ...config, units: clusters, codes: 24 }, new Generator(1));
    const said = drawUtterances(40, new Generator(8));
    const x = sound(said, new Generator(9));
    const count = model.speech_encoder.prenet.feature_encoder.frames(x.shape[1]!);
    const heard = (): ReturnType<SpeechT5ForPreTraining['speech']> =>
      model.speech({
        x,
        hidden: tf.zeros([40, count], 'bool'),
        units: tf.zeros([40, count], 'int32'),
        spectrogram: spectrogram(said),
        speakers: speakers(said.voices),
      });
    const read = (): ReturnType<SpeechT5ForPreTraining['text']> =>
      model.text({ noisy: written(said), labels: targets(said) });
    const codebook = model.mixer.parameters();
    for (const of of [heard, read]) {
      const { aux, gradients } = valueAndGradients(() => {
        const { loss, mixed } = of();
        return { value: loss, aux: { replaced: mixed.replaced } };
      }, codebook);
      // a tenth of them
      expect(Math.abs(valueOf(tf.mean(aux.replaced)) - 0.1)).toBeLessThan(0.07);
      expect(codebook).toHaveLength(1);
      expect(valueOf(tf.max(tf.abs(gradients.get(codebook[0]!)!)))).toBeGreaterThan(0);
    }
    model.dispose();
  });

  it('replaces as many states as asked by their nearest codes, and leaves the others', () => {
    const states = normalTensor([4, 50, 8], 0, 1, new Generator(1));
    const mixer = new CodeMixer(6, 8, 0.3, new Generator(2));
    const { states: mixed, codes, replaced, diversity } = mixer.forward(states);
    expect(Math.abs(valueOf(tf.mean(replaced)) - 0.3)).toBeLessThan(0.1);
    const there = tf.expandDims(tf.cast(replaced, 'bool'), -1);
    expectClose(mixed, tf.where(tf.broadcastTo(there, states.shape), mixer.quantizer.lookup(codes), states));
    expectClose(new CodeMixer(6, 8, 0, new Generator(2)).forward(states).states, states);
    // the mean share of each code can be no more even than the same for all
    expect(valueOf(diversity)).toBeGreaterThanOrEqual(-Math.log(6) / 6 - 1e-6);
    const { grads } = tf.variableGrads(() => {
      const { states: y, penalty, diversity: spread } = mixer.forward(states);
      return tf.addN([tf.mean(tf.square(y)), penalty, spread]) as tf.Scalar;
    });
    expect(Object.keys(grads)).toHaveLength(1);
    expect(() => new CodeMixer(6, 8, 1.5)).toThrow(/must lie in \[0, 1\]/);
  });
});
