import * as tf from '@tensorflow/tfjs-core';
import { disposeTensors } from '@hourglass/core';
import type { NamedTensors, ParityAdapter } from '@hourglass/core/testing';
import { fastSpeech2Families, FastSpeech2ConformerModel, type FastSpeech2Call } from '@hourglass/audio';
import { copies, numbered } from './generated.js';

const callOf = (inputs: Readonly<NamedTensors>): FastSpeech2Call => ({
  mask: inputs['attention_mask'] ?? null,
  speakerIds: inputs['speaker_ids'] ?? null,
  languageIds: inputs['lang_ids'] ?? null,
  speakers: inputs['speaker_embedding'] ?? null,
});

export const adapters: ParityAdapter[] = [
  {
    knows: ({ op, config }) => op === '' && fastSpeech2Families.some((family) => family.matches(config)),
    async prepare({ folder, inputs, outputs }) {
      const module = (await FastSpeech2ConformerModel.fromPretrained(folder)).eval();
      let spoken: NamedTensors = {};
      if (outputs.has('infer.spectrogram')) {
        // of the first sample alone
        const only = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, tf.slice(x, 0, 1)]));
        const made = await module.infer(only['input_ids']!, callOf(only));
        spoken = {
          'infer.spectrogram': tf.clone(made.spectrogram),
          'infer.duration_outputs': tf.cast(made.durations, 'int32'),
          'infer.pitch_outputs': tf.clone(made.pitch),
          'infer.energy_outputs': tf.clone(made.energy),
        };
        disposeTensors([only, made]);
      }
      return {
        module,
        forward(inputs) {
          const { input_ids, spectrogram_labels, duration_labels, pitch_labels, energy_labels } = inputs;
          const targets = {
            spectrogram: spectrogram_labels!,
            durations: duration_labels!,
            pitch: pitch_labels!,
            energy: energy_labels!,
          };
          const made = module.forward(input_ids!, targets, callOf(inputs));
          return {
            spectrogram: made.spectrogram,
            duration_outputs: made.durations,
            pitch_outputs: made.pitch,
            energy_outputs: made.energy,
            encoder_last_hidden_state: tf.clone(made.encoderHiddenStates.at(-1)!),
            ...numbered('encoder_hidden_states', made.encoderHiddenStates),
            ...numbered('decoder_hidden_states', made.decoderHiddenStates),
            loss: module.loss(made, targets, inputs['attention_mask'] ?? null),
            ...copies(spoken),
          };
        },
        dispose: () => tf.dispose(spoken),
      };
    },
  },
];
