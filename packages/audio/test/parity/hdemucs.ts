import * as tf from '@tensorflow/tfjs-core';
import type { ParityAdapter } from '@hourglass/core/testing';
import { HDemucs, hdemucsFamilies } from '@hourglass/audio';

export const adapters: ParityAdapter[] = [
  {
    library: 'torchaudio',
    knows: ({ op, config }) => op === '' && hdemucsFamilies.some((family) => family.matches(config)),
    async prepare({ folder }) {
      const module = (await HDemucs.fromPretrained(folder)).eval();
      return {
        module,
        // the reference has time last
        forward: ({ x }) => ({
          sources: tf.transpose(module.forward(tf.transpose(x!, [0, 2, 1])), [0, 1, 3, 2]),
        }),
      };
    },
  },
];
