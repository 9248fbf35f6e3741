import * as tf from '@tensorflow/tfjs-core';
import type { ParityAdapter } from '@hourglass/core/testing';
import {
  MoonshineForConditionalGeneration,
  moonshineFamilies,
  Speech2TextForConditionalGeneration,
  speech2TextFamilies,
} from '@hourglass/audio';
import { copies, generatedTokens, numbered } from './generated.js';

type Model = Speech2TextForConditionalGeneration | MoonshineForConditionalGeneration;

/** A model that takes features or samples under this name. */
function transcriber(
  input: string,
  families: ReadonlyArray<{ matches(config: Readonly<Record<string, unknown>>): boolean }>,
  load: (folder: string) => Promise<Model>,
): ParityAdapter {
  return {
    knows: ({ op, config }) => op === '' && families.some((family) => family.matches(config)),
    async prepare(parityCase) {
      const module = (await load(parityCase.folder)).eval();
      const { attention_mask: mask } = parityCase.inputs;
      const lengths = mask === undefined ? null : tf.tidy(() => tf.sum(mask, 1).arraySync() as number[]);
      const x = parityCase.inputs[input]!;
      const generated = await generatedTokens(parityCase, (config) => module.generate(x, { config, lengths }));
      return {
        module,
        forward(inputs) {
          const { labels, decoder_input_ids } = inputs;
          const tokens = decoder_input_ids ?? module.decoderInputs(labels!);
          const { logits, encoderHiddenStates, decoderHiddenStates } = module.forward(inputs[input]!, tokens, lengths);
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
  };
}

export const adapters: ParityAdapter[] = [
  transcriber('input_features', speech2TextFamilies, (folder) =>
    Speech2TextForConditionalGeneration.fromPretrained(folder),
  ),
  transcriber('input_values', moonshineFamilies, (folder) => MoonshineForConditionalGeneration.fromPretrained(folder)),
];
