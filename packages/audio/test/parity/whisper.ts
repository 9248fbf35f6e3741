import * as tf from '@tensorflow/tfjs-core';
import type { ParityAdapter } from '@hourglass/core/testing';
import { WhisperForConditionalGeneration } from '@hourglass/audio';
import { copies, generatedTokens, numbered } from './generated.js';

export const adapters: ParityAdapter[] = [
  {
    knows: ({ op, config }) => op === '' && config['model_type'] === 'whisper',
    async prepare(parityCase) {
      const module = (await WhisperForConditionalGeneration.fromPretrained(parityCase.folder)).eval();
      const channelsLast = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1]);
      const features = channelsLast(parityCase.inputs['input_features']!);
      const generated = await generatedTokens(parityCase, (config) => module.generate(features, { config }));
      features.dispose();
      return {
        module,
        forward({ input_features, labels, decoder_input_ids }) {
          const tokens = decoder_input_ids ?? module.decoderInputs(labels!);
          const { logits, encoderHiddenStates, decoderHiddenStates } = module.forward(
            channelsLast(input_features!),
            tokens,
          );
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
];
