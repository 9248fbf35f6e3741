import * as tf from '@tensorflow/tfjs-core';
import type { ModelFamily, Module } from '@hourglass/core';
import type { NamedTensors, ParityAdapter } from '@hourglass/core/testing';
import {
  ConvTasNet,
  convTasNetFamilies,
  DeMask,
  deMaskFamilies,
  DPRNNTasNet,
  dprnnTasNetFamilies,
  DPTNet,
  dptNetFamilies,
  LSTMTasNet,
  lstmTasNetFamilies,
  SuDORMRFNet,
  suDORMRFFamilies,
  pairwiseNegativeSdr,
  permutationInvariantLoss,
  permutations,
  TorchaudioConvTasNet,
  torchaudioConvTasNetFamilies,
} from '@hourglass/audio';

type SeparationModel = Module & { forward(x: tf.Tensor): tf.Tensor };

function modelAdapter<M extends SeparationModel>(
  library: string,
  families: ReadonlyArray<ModelFamily<M>>,
  load: (folder: string) => Promise<M>,
  run: (model: M, inputs: Readonly<NamedTensors>) => NamedTensors,
): ParityAdapter {
  return {
    library,
    knows: ({ op, config }) => op === '' && families.some((family) => family.matches(config)),
    async prepare({ folder }) {
      const module = (await load(folder)).eval();
      return { module, forward: (inputs) => run(module, inputs) };
    },
  };
}

/** Sources, and the losses of what the model makes of the mixture against those that are saved. */
function asteroid(model: SeparationModel, { wav, sources }: Readonly<NamedTensors>): NamedTensors {
  const estimates = model.forward(wav!);
  if (sources === undefined) return { sources: estimates };
  const { loss, reordered } = permutationInvariantLoss(estimates, sources, pairwiseNegativeSdr);
  return { sources: estimates, pairwise: pairwiseNegativeSdr(estimates, sources), pit_neg_sisdr: loss, reordered };
}

export const adapters: ParityAdapter[] = [
  modelAdapter(
    'torchaudio',
    torchaudioConvTasNetFamilies,
    (folder) => TorchaudioConvTasNet.fromPretrained(folder),
    (model, { mixture, sources }) => {
      const estimates = model.forward(tf.transpose(mixture!, [0, 2, 1]));
      const { loss, permutation } = permutationInvariantLoss(estimates, sources!, pairwiseNegativeSdr);
      // as the number of the permutation
      const all = permutations(estimates.shape[1]!).map(String);
      const numbers = (permutation.arraySync() as number[][]).map((one) => all.indexOf(String(one)));
      return { sources: estimates, loss, permutation: tf.tensor1d(numbers, 'int32') };
    },
  ),
  modelAdapter('asteroid', convTasNetFamilies, (folder) => ConvTasNet.fromPretrained(folder), asteroid),
  modelAdapter('asteroid', dprnnTasNetFamilies, (folder) => DPRNNTasNet.fromPretrained(folder), asteroid),
  modelAdapter('asteroid', dptNetFamilies, (folder) => DPTNet.fromPretrained(folder), asteroid),
  modelAdapter('asteroid', lstmTasNetFamilies, (folder) => LSTMTasNet.fromPretrained(folder), asteroid),
  modelAdapter('asteroid', suDORMRFFamilies, (folder) => SuDORMRFNet.fromPretrained(folder), asteroid),
  modelAdapter('asteroid', deMaskFamilies, (folder) => DeMask.fromPretrained(folder), asteroid),
];
