import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensors, ParityAdapter, ParityCase } from '@hourglass/core/testing';
import {
  HifiGan,
  hifiGanFamilies,
  SpeechT5ForSpeechToSpeech,
  SpeechT5ForSpeechToText,
  SpeechT5ForTextToSpeech,
  type ToSpeechOutputs,
} from '@hourglass/audio';
import { copies, generatedTokens, numbered } from './generated.js';

const isArchitecture =
  (name: string) =>
  ({ op, config }: ParityCase): boolean =>
    op === '' && config['model_type'] === 'speecht5' && (config['architectures'] as string[] | undefined)?.[0] === name;

/** How many values of each row count. */
const lengthsOf = (mask: tf.Tensor | undefined): number[] | null =>
  mask === undefined ? null : tf.tidy(() => tf.sum(mask, 1).arraySync() as number[]);

function speechOutputs(outputs: ToSpeechOutputs, loss: tf.Tensor | null): NamedTensors {
  return {
    spectrogram: outputs.after,
    encoder_last_hidden_state: tf.clone(outputs.encoderHiddenStates.at(-1)!),
    ...numbered('encoder_hidden_states', outputs.encoderHiddenStates),
    ...numbered('decoder_hidden_states', outputs.decoderHiddenStates),
    ...(loss !== null && { loss }),
  };
}

type Speaking = { readonly threshold: number; readonly maxLengthRatio: number; readonly speakers: tf.Tensor | null };

/** The spectrogram that the first sample makes, until the longest length that its rows show. */
async function generatedSpeech(
  { outputs, inputs }: ParityCase,
  input: string,
  generate: (x: tf.Tensor, options: Speaking) => Promise<{ readonly spectrogram: tf.Tensor }>,
): Promise<NamedTensors> {
  if (!outputs.has('generated')) return {};
  const first = (name: string): tf.Tensor | null => (name in inputs ? tf.slice(inputs[name]!, 0, 1) : null);
  const [x, speakers] = [first(input)!, first('speaker_embeddings')];
  const { spectrogram } = await generate(x, { threshold: 2, maxLengthRatio: 1, speakers });
  const generated = tf.squeeze(spectrogram, [0]);
  tf.dispose([x, spectrogram]);
  speakers?.dispose();
  return { generated };
}

export const adapters: ParityAdapter[] = [
  {
    knows: isArchitecture('SpeechT5ForSpeechToText'),
    async prepare(parityCase) {
      const module = (await SpeechT5ForSpeechToText.fromPretrained(parityCase.folder)).eval();
      const lengths = lengthsOf(parityCase.inputs['attention_mask']);
      const x = parityCase.inputs['input_values']!;
      const generated = await generatedTokens(parityCase, (config) => module.generate(x, { config, lengths }));
      return {
        module,
        forward({ input_values, labels, decoder_input_ids }) {
          const tokens = decoder_input_ids ?? module.decoderInputs(labels!);
          const { logits, encoderHiddenStates, decoderHiddenStates } = module.forward(input_values!, tokens, lengths);
          return {
            logits,
            encoder_last_hidden_state: tf.clone(encoderHiddenStates.at(-1)!),
            ...numbered('encoder_hidden_states', encoderHiddenStates),
            ...numbered('decoder_hidden_states', decoderHiddenStates),
            ...(labels !== undefined && { loss: module.loss(logits, labels) }),
            ...copies(generated),
          };
        },
        dispose: () => tf.dispose(generated),
      };
    },
  },
  {
    knows: isArchitecture('SpeechT5ForTextToSpeech'),
    async prepare(parityCase) {
      const module = (await SpeechT5ForTextToSpeech.fromPretrained(parityCase.folder)).eval();
      const { attention_mask: mask = null } = parityCase.inputs;
      const generated = await generatedSpeech(parityCase, 'input_ids', (x, options) =>
        module.generateSpeech(x, options),
      );
      return {
        module,
        forward({ input_ids, labels, speaker_embeddings: speakers }) {
          const outputs = module.forward(input_ids!, module.decoderInputs(labels!), {
            speakers: speakers ?? null,
            mask,
          });
          return { ...speechOutputs(outputs, module.loss(outputs, labels!)), ...copies(generated) };
        },
        dispose: () => tf.dispose(generated),
      };
    },
  },
  {
    knows: isArchitecture('SpeechT5ForSpeechToSpeech'),
    async prepare(parityCase) {
      const module = (await SpeechT5ForSpeechToSpeech.fromPretrained(parityCase.folder)).eval();
      const lengths = lengthsOf(parityCase.inputs['attention_mask']);
      const generated = await generatedSpeech(parityCase, 'input_values', (x, options) =>
        module.generateSpeech(x, options),
      );
      return {
        module,
        forward({ input_values, labels, speaker_embeddings: speakers }) {
          const call = { speakers: speakers ?? null, lengths, needWeights: false };
          const outputs = module.forward(input_values!, module.decoderInputs(labels!), call);
          // the reference has no loss here
          return { ...speechOutputs(outputs, null), ...copies(generated) };
        },
        dispose: () => tf.dispose(generated),
      };
    },
  },
  {
    knows: ({ op, config }) => op === '' && hifiGanFamilies.some((family) => family.matches(config)),
    async prepare({ folder }) {
      const module = (await HifiGan.fromPretrained(folder)).eval();
      return {
        module,
        forward({ spectrogram: x }) {
          // the reference takes one spectrogram without a batch too
          const waveform = module.forward(x!.rank === 2 ? tf.expandDims(x!, 0) : x!);
          return { waveform: x!.rank === 2 ? tf.squeeze(waveform, [0]) : waveform };
        },
      };
    },
  },
];
