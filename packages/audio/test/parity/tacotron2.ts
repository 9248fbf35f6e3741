import * as tf from '@tensorflow/tfjs-core';
import { losses } from '@hourglass/core';
import type { NamedTensors, ParityAdapter } from '@hourglass/core/testing';
import { Tacotron2, tacotron2Families } from '@hourglass/audio';
import { copies } from './generated.js';

const turned = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1]);

export const adapters: ParityAdapter[] = [
  {
    library: 'torchaudio',
    knows: ({ op, config }) => op === '' && tacotron2Families.some((family) => family.matches(config)),
    async prepare({ folder, inputs, outputs }) {
      const module = (await Tacotron2.fromPretrained(folder)).eval();
      // the folders were made with the prenet's dropout switched off
      module.prenetDropout = 0;
      const { tokens, token_lengths } = inputs;
      let spoken: NamedTensors = {};
      if (outputs.has('infer.mel')) {
        const { mel, lengths, alignments } = await module.infer(tokens!, token_lengths);
        spoken = {
          'infer.mel': turned(mel),
          'infer.lengths': tf.tensor1d(lengths, 'int32'),
          'infer.alignments': alignments,
        };
        mel.dispose();
      }
      return {
        module,
        forward({ tokens, token_lengths, mel, mel_lengths }) {
          const target = turned(mel!);
          const made = module.forward(tokens!, target, token_lengths, mel_lengths);
          return {
            mel: turned(made.mel),
            mel_postnet: turned(made.melPostnet),
            gate: made.gate,
            alignments: made.alignments,
            loss: tf.add(losses.mse(made.mel, target), losses.mse(made.melPostnet, target)),
            ...copies(spoken),
          };
        },
        dispose: () => tf.dispose(spoken),
      };
    },
  },
];
