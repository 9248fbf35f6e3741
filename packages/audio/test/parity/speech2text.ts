import * as tf from '@tensorflow/tfjs-core';
import type { ParityAdapter } from '@hourglass/core/testing';
import { Speech2TextForConditionalGeneration, speech2TextFamilies } from '@hourglass/audio';
import { copies, generatedTokens, numbered } from './generated.js';

export const adapters: ParityAdapter[] = [
  {
    knows: ({ op, config }) => op === '' && speech2TextFamilies.some((family) => family.matches(config)),
    async prepare(parityCase) {
      const module = (await Speech2TextForConditionalGeneration.fromPretrained(parityCase.folder)).eval();
      const { attention_mask: mask, input_features: features } = parityCase.inputs;
      const lengths = mask === undefined ? null : (tf.sum(mask, 1).arraySync() as number[]);
      const generated = await generatedTokens(parityCase, (config) => module.generate(features!, { config, lengths }));
      return {
        module,
        forward({ input_features, labels, decoder_input_ids }) {
          const tokens = decoder_input_ids ?? module.decoderInputs(labels!);
          const { logits, encoderHiddenStates, decoderHiddenStates } = module.forward(input_features!, tokens, lengths);
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
