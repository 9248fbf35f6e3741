import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '@hourglass/core';
import type { NamedTensors, ParityAdapter } from '@hourglass/core/testing';
import { Conformer, conformerFamilies, Emformer, emformerFamilies, RNNT, rnntFamilies } from '@hourglass/audio';

interface Loader<M extends Module> {
  readonly families: ReadonlyArray<{ matches(config: Readonly<Record<string, unknown>>): boolean }>;
  load(folder: string): Promise<M>;
  run(model: M, inputs: Readonly<NamedTensors>): NamedTensors;
}

/** Loads the folder by the public way, and runs the model in evaluation mode. */
function modelAdapter<M extends Module>({ families, load, run }: Loader<M>): ParityAdapter {
  return {
    library: 'torchaudio',
    knows: ({ op, config }) => op === '' && families.some((family) => family.matches(config)),
    async prepare({ folder }) {
      const module = (await load(folder)).eval();
      return { module, forward: (inputs) => run(module, inputs) };
    },
  };
}

const ints = (values: readonly number[]): tf.Tensor => tf.tensor1d([...values], 'int32');

/** The first utterance in two segments, one after the other. */
function streamed(model: Emformer, x: tf.Tensor): tf.Tensor {
  const { segmentLength, rightContextLength } = model.segmentation;
  const segment = (i: number): tf.Tensor =>
    tf.slice(x, [0, i * segmentLength, 0], [1, segmentLength + rightContextLength, -1]);
  const first = model.infer(segment(0));
  return tf.concat([first.output, model.infer(segment(1), undefined, first.state).output], 1);
}

export const adapters: ParityAdapter[] = [
  modelAdapter({
    families: conformerFamilies,
    load: (folder) => Conformer.fromPretrained(folder),
    run: (model, { x, lengths }) => ({ y: model.forward(x!, lengths!), lengths: tf.clone(lengths!) }),
  }),
  modelAdapter({
    families: emformerFamilies,
    load: (folder) => Emformer.fromPretrained(folder),
    run(model, { x, lengths }) {
      const { output, lengths: valid } = model.forward(x!, lengths!);
      return { y: output, lengths: ints(valid), streaming: streamed(model, x!) };
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
