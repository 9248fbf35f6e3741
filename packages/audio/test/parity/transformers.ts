import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '@hourglass/core';
import type { NamedTensors, ParityAdapter, ParityCase } from '@hourglass/core/testing';

/** Loads the folder's checkpoint by the public way where its configuration names the class. */
export function architecture<M extends Module>(
  name: string,
  load: (folder: string) => Promise<M>,
  run: (model: M, inputs: Readonly<NamedTensors>, lengths: number[] | null) => NamedTensors,
): ParityAdapter {
  return {
    knows: ({ op, config }) => op === '' && (config['architectures'] as string[] | undefined)?.[0] === name,
    async prepare(parityCase: ParityCase) {
      const module = (await load(parityCase.folder)).eval();
      const mask = parityCase.inputs['attention_mask'];
      const lengths = mask === undefined ? null : (tf.sum(mask, -1).arraySync() as number[]);
      return { module, forward: (inputs) => run(module, inputs, lengths) };
    },
  };
}

/** Hidden states under the names of golden folders. */
export function states({ hiddenStates }: { readonly hiddenStates: readonly tf.Tensor[] }): NamedTensors {
  return Object.fromEntries(hiddenStates.map((state, i) => [`hidden_states.${i}`, state]));
}
