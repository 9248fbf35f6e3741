import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '@hourglass/core';
import type { NamedTensors, ParityAdapter, ParityCase } from '@hourglass/core/testing';
import {
  Conformer,
  conformerFamilies,
  DeepSpeech,
  deepSpeechFamilies,
  Wav2Letter,
  wav2LetterFamilies,
  Emformer,
  emformerFamilies,
  type EmformerState,
  RNNT,
  rnntFamilies,
} from '@hourglass/audio';

interface Loader<M extends Module> {
  readonly families: ReadonlyArray<{ matches(config: Readonly<Record<string, unknown>>): boolean }>;
  load(folder: string): Promise<M>;
  run(model: M, inputs: Readonly<NamedTensors>, expected: ParityCase['outputs']): NamedTensors;
}

/** Loads the folder by the public way, and runs the model in evaluation mode. */
function modelAdapter<M extends Module>({ families, load, run }: Loader<M>): ParityAdapter {
  return {
    library: 'torchaudio',
    knows: ({ op, config }) => op === '' && families.some((family) => family.matches(config)),
    async prepare({ folder, outputs }) {
      const module = (await load(folder)).eval();
      return { module, forward: (inputs) => run(module, inputs, outputs) };
    },
  };
}

const ints = (values: readonly number[]): tf.Tensor => tf.tensor1d([...values], 'int32');

/** The first utterances in segments, one after the other, as many as the expected result has. */
function streamed(model: Emformer, x: tf.Tensor, [n, frames]: readonly number[]): tf.Tensor {
  const { segmentLength, rightContextLength } = model.segmentation;
  let state: EmformerState | null = null;
  const outputs: tf.Tensor[] = [];
  for (let start = 0; start < frames!; start += segmentLength) {
    const segment = tf.slice(x, [0, start, 0], [n!, segmentLength + rightContextLength, -1]);
    const next = model.infer(segment, undefined, state);
    outputs.push(next.output);
    state = next.state;
  }
  return tf.concat(outputs, 1);
}

export const adapters: ParityAdapter[] = [
  modelAdapter({
    families: deepSpeechFamilies,
    load: (folder) => DeepSpeech.fromPretrained(folder),
    // the reference has an axis of one channel
    run: (model, { x }) => ({ log_probs: model.forward(tf.squeeze(x!, [1])) }),
  }),
  modelAdapter({
    families: wav2LetterFamilies,
    load: (folder) => Wav2Letter.fromPretrained(folder),
    run: (model, { x }) => ({
      log_probs: tf.transpose(model.forward(tf.transpose(x!, [0, 2, 1])), [0, 2, 1]),
    }),
  }),
  modelAdapter({
    families: conformerFamilies,
    load: (folder) => Conformer.fromPretrained(folder),
    run: (model, { x, lengths }) => ({ y: model.forward(x!, lengths!), lengths: tf.clone(lengths!) }),
  }),
  modelAdapter({
    families: emformerFamilies,
    load: (folder) => Emformer.fromPretrained(folder),
    run(model, { x, lengths }, expected) {
      const { output, lengths: valid } = model.forward(x!, lengths!);
      const streaming = expected.get('streaming');
      return {
        y: output,
        lengths: ints(valid),
        ...(streaming && { streaming: streamed(model, x!, streaming) }),
      };
    },
  }),
  modelAdapter({
    families: rnntFamilies,
    load: (folder) => RNNT.fromPretrained(folder),
    run(model, { sources, source_lengths, targets, target_lengths }) {
      const { logits, sourceLengths } = model.forward(sources!, source_lengths!, targets!);
      return {
        logits,
        source_lengths: ints(sourceLengths),
        target_lengths: tf.clone(target_lengths!),
        transcribed: model.transcribe(sources!, source_lengths!).output,
      };
    },
  }),
];
