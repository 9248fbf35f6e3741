import { normalTensor } from '@hourglass/core';
import { testModel, type InputCase, type ModelFacts } from '@hourglass/testing';
import * as tf from '@tensorflow/tfjs-core';
import {
  ConvTasNet,
  DeMask,
  DPRNNTasNet,
  DPTNet,
  LSTMTasNet,
  SuDORMRFNet,
  TorchaudioConvTasNet,
  type SeparationModel,
} from '@hourglass/audio';

const sound = (length: number, sources = 2): InputCase<tf.Tensor> => ({
  name: `${length} samples`,
  make: (generator, examples) => normalTensor([examples, length], 0, 1, generator),
  gives: (_, examples) => [examples, sources, length],
});

const wrong = [
  { name: 'two channels', make: () => tf.zeros([1, 60, 2]) },
  { name: 'no samples', make: () => tf.zeros([2, 0]) },
] as const;

const facts = (
  create: ModelFacts<SeparationModel>['create'],
  load: (folder: string) => Promise<SeparationModel>,
  more: Partial<ModelFacts<SeparationModel>> = {},
): ModelFacts<SeparationModel> => ({ create, load, inputs: [sound(60), sound(83), sound(17)], wrong, ...more });

const filters = { nSrc: 2, nFilters: 6, kernelSize: 8, stride: 4 } as const;
const chunks = { chunkSize: 6, nRepeats: 1 } as const;

const models: Readonly<Record<string, ModelFacts<SeparationModel>>> = {
  "torchaudio's Conv-TasNet": facts(
    (generator) =>
      new TorchaudioConvTasNet(
        {
          encKernelSize: 8,
          encNumFeats: 6,
          mskNumFeats: 4,
          mskNumHiddenFeats: 6,
          mskNumLayers: 2,
          mskNumStacks: 1,
        },
        generator,
      ),
    TorchaudioConvTasNet.fromPretrained,
  ),
  'Conv-TasNet': facts(
    (generator) =>
      new ConvTasNet({ ...filters, bnChan: 4, hidChan: 5, skipChan: 3, nBlocks: 2, nRepeats: 1 }, generator),
    ConvTasNet.fromPretrained,
    {
      withoutGradient: {
        'masker\\.TCN\\.1\\.res_conv\\..*': 'nothing comes after the last block but its skip connection',
      },
    },
  ),
  'causal Conv-TasNet of analytic filters without skip connections': facts(
    (generator) =>
      new ConvTasNet(
        {
          ...filters,
          fbName: 'analytic_free',
          bnChan: 4,
          hidChan: 5,
          skipChan: 0,
          nBlocks: 2,
          nRepeats: 1,
          causal: true,
          normType: 'cgLN',
          maskAct: 'softmax',
        },
        generator,
      ),
    ConvTasNet.fromPretrained,
  ),
  DPRNN: facts(
    (generator) => new DPRNNTasNet({ ...filters, ...chunks, bnChan: 4, hidSize: 3 }, generator),
    DPRNNTasNet.fromPretrained,
  ),
  'DPRNN of multiplied GRUs with batch norm': facts(
    (generator) =>
      new DPRNNTasNet(
        {
          ...filters,
          ...chunks,
          bnChan: 4,
          hidSize: 3,
          rnnType: 'gru',
          useMulcat: true,
          bidirectional: false,
          normType: 'bN',
        },
        generator,
      ),
    DPRNNTasNet.fromPretrained,
    {
      training: 'different', // batch norm
      withoutGradient: { '.*(intra|inter)_linear\\.bias': 'batch norm takes the mean out again' },
    },
  ),
  DPTNet: facts(
    (generator) =>
      new DPTNet(
        { ...filters, ...chunks, nHeads: 4, ffHid: 3, maskAct: 'sigmoid', ffActivation: 'tanh', dropout: 0.1 },
        generator,
      ),
    DPTNet.fromPretrained,
    { training: 'random' },
  ),
  'LSTM-TasNet': facts(
    (generator) => new LSTMTasNet({ ...filters, nLayers: 2, hidSize: 4, dropout: 0.2 }, generator),
    LSTMTasNet.fromPretrained,
    { training: 'random' },
  ),
  'SuDORM-RF': facts(
    (generator) =>
      new SuDORMRFNet({ nSrc: 2, nFilters: 6, kernelSize: 9, bnChan: 4, numBlocks: 1, upsamplingDepth: 3 }, generator),
    SuDORMRFNet.fromPretrained,
  ),
  'improved SuDORM-RF': facts(
    (generator) =>
      new SuDORMRFNet(
        {
          variant: 'improved',
          nSrc: 2,
          nFilters: 6,
          kernelSize: 9,
          bnChan: 4,
          numBlocks: 1,
          upsamplingDepth: 3,
          maskAct: 'sigmoid',
        },
        generator,
      ),
    SuDORMRFNet.fromPretrained,
  ),
  DeMask: facts(
    (generator) =>
      new DeMask(
        {
          nFilters: 16,
          kernelSize: 16,
          stride: 8,
          hiddenDims: [5],
          inputType: 'cat',
          activation: 'prelu',
          maskAct: 'sigmoid',
        },
        generator,
      ),
    DeMask.fromPretrained,
    { inputs: [sound(60, 1), sound(83, 1), sound(17, 1)] },
  ),
};

for (const [title, model] of Object.entries(models)) testModel(title, model);
