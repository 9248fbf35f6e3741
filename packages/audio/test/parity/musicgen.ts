import * as tf from '@tensorflow/tfjs-core';
import type { ParityAdapter } from '@hourglass/core/testing';
import { MusicgenForCausalLM, musicgenFamilies } from '@hourglass/audio';
import { numbered } from './generated.js';

export const adapters: ParityAdapter[] = [
  {
    knows: ({ op, config }) => op === '' && musicgenFamilies.some((family) => family.matches(config)),
    async prepare({ folder }) {
      const module = (await MusicgenForCausalLM.fromPretrained(folder)).eval();
      const books = module.settings.num_codebooks;
      return {
        module,
        forward({ input_ids, encoder_hidden_states, encoder_attention_mask }) {
          // the reference has codebooks beside each other in the batch
          const [rows, steps] = input_ids!.shape as [number, number];
          const codes = tf.transpose(tf.reshape(input_ids!, [rows / books, books, steps]), [0, 2, 1]);
          const { logits, hiddenStates } = module.forward(codes, {
            encoderStates: encoder_hidden_states ?? null,
            encoderMask: encoder_attention_mask ?? null,
          });
          return {
            logits: tf.reshape(tf.transpose(logits, [0, 2, 1, 3]), [rows, steps, logits.shape[3]!]),
            ...numbered('hidden_states', hiddenStates),
          };
        },
      };
    },
  },
];
