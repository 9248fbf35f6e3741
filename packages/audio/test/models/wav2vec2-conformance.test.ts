import { testModel, type InputCase, type ModelFacts } from '@hourglass/testing';
import { normalTensor, scope, uniformTensor, type Generator, type Module } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import {
  ASTForAudioClassification,
  HubertForCTC,
  HubertForSequenceClassification,
  Wav2Vec2ConformerModel,
  Wav2Vec2ForCTC,
  Wav2Vec2ForPreTraining,
  Wav2Vec2Model,
  WavLMModel,
  type SpeechConfig,
} from '@hourglass/audio';

const small: SpeechConfig = {
  conv_dim: [6, 8],
  conv_kernel: [5, 3],
  conv_stride: [4, 2],
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 10,
  num_conv_pos_embeddings: 4,
  num_conv_pos_embedding_groups: 2,
  vocab_size: 7,
  hidden_dropout: 0,
  activation_dropout: 0,
  attention_dropout: 0,
  final_dropout: 0,
  layerdrop: 0,
  apply_spec_augment: false,
};

/** Weights far from zero, so that every gradient is well above rounding. */
function livelier<M extends Module>(model: M, generator: Generator): M {
  for (const [name, parameter] of model.namedParameters()) {
    const isScale = /norm\.weight$|original0$|masked_spec_embed$|layer_weights$/.test(name);
    const values = normalTensor(parameter.shape, isScale ? 1 : 0, isScale ? 0.2 : 0.4, generator);
    parameter.assign(values);
    values.dispose();
  }
  return model;
}

const frames = (samples: number): number => Math.floor((Math.floor((samples - 5) / 4) + 1 - 3) / 2) + 1;

const sounds = (
  samples: number,
  gives: (examples: number, frames: number) => Record<string, number[]>,
): InputCase<tf.Tensor> => ({
  name: `${samples} samples`,
  make: (generator, examples) => uniformTensor([examples, samples], -1, 1, generator),
  gives: (_, examples) => gives(examples, frames(samples)),
});

const states = (n: number, length: number): Record<string, number[]> => ({
  lastHiddenState: [n, length, 8],
  extractFeatures: [n, length, 8],
  'hiddenStates.0': [n, length, 8],
  'hiddenStates.1': [n, length, 8],
  'hiddenStates.2': [n, length, 8],
});

const logits = (n: number, length: number) => ({ ...states(n, length), logits: [n, length, 7] });

const wrong: ModelFacts<Wav2Vec2Model, tf.Tensor>['wrong'] = [
  { name: 'samples with channels', make: () => tf.zeros([1, 40, 2]) },
  { name: 'fewer samples than make a frame', make: () => tf.zeros([1, 12]) },
];

const unused = {
  '(.*\\.)?masked_spec_embed': 'these models mask nothing',
  '.*k_proj\\.bias': 'the softmax takes out what all keys share',
};

testModel<Wav2Vec2Model, tf.Tensor>('wav2vec 2.0', {
  create: (generator) => livelier(new Wav2Vec2Model(small, generator), generator),
  load: Wav2Vec2Model.fromPretrained,
  inputs: [sounds(45, states), sounds(90, states), sounds(13, states)],
  withoutGradient: unused,
  wrong,
});

testModel<Wav2Vec2ForCTC, tf.Tensor>('wav2vec 2.0 with CTC, layer norms and dropout', {
  create: (generator) =>
    livelier(
      new Wav2Vec2ForCTC(
        {
          ...small,
          feat_extract_norm: 'layer',
          conv_bias: true,
          do_stable_layer_norm: true,
          adapter_attn_dim: 3,
          hidden_dropout: 0.2,
          layerdrop: 0.1,
        },
        generator,
      ),
      generator,
    ),
  load: Wav2Vec2ForCTC.fromPretrained,
  inputs: [sounds(45, logits), sounds(90, logits)],
  training: 'random',
  withoutGradient: unused,
  wrong,
});

testModel<Wav2Vec2ForPreTraining, tf.Tensor>('wav2vec 2.0 in pre-training', {
  create: (generator) =>
    livelier(
      new Wav2Vec2ForPreTraining(
        { ...small, num_codevectors_per_group: 4, codevector_dim: 6, proj_codevector_dim: 5 },
        generator,
      ),
      generator,
    ),
  load: Wav2Vec2ForPreTraining.fromPretrained,
  inputs: [
    sounds(45, (n, length) => ({
      projectedStates: [n, length, 5],
      projectedQuantizedStates: [n, length, 5],
      'hiddenStates.0': [n, length, 8],
      'hiddenStates.1': [n, length, 8],
      'hiddenStates.2': [n, length, 8],
    })),
  ],
  // the perplexity is one for the whole batch
  forward: (model, x) =>
    scope(() => {
      const { projectedStates, projectedQuantizedStates, hiddenStates } = model.forward(x);
      return { projectedStates, projectedQuantizedStates, hiddenStates };
    }),
  training: 'random', // Gumbel noise
  withoutGradient: unused,
  wrong,
});

testModel<HubertForCTC, tf.Tensor>('HuBERT with CTC and batch norm', {
  create: (generator) =>
    livelier(
      new HubertForCTC(
        { ...small, conv_pos_batch_norm: true, feat_proj_layer_norm: false, add_adapter: false },
        generator,
      ),
      generator,
    ),
  load: HubertForCTC.fromPretrained,
  inputs: [sounds(45, logits), sounds(90, logits)],
  training: 'different', // batch norm
  withoutGradient: unused,
  wrong,
});

testModel<WavLMModel, tf.Tensor>('WavLM', {
  create: (generator) =>
    livelier(new WavLMModel({ ...small, num_buckets: 8, max_bucket_distance: 5 }, generator), generator),
  load: WavLMModel.fromPretrained,
  inputs: [sounds(45, states), sounds(90, states)],
  withoutGradient: unused,
  wrong,
});

testModel<Wav2Vec2ConformerModel, tf.Tensor>('wav2vec 2.0 with Conformer layers', {
  create: (generator) =>
    livelier(
      new Wav2Vec2ConformerModel({ ...small, conv_depthwise_kernel_size: 3, conformer_conv_dropout: 0 }, generator),
      generator,
    ),
  load: Wav2Vec2ConformerModel.fromPretrained,
  inputs: [sounds(45, states), sounds(90, states)],
  training: 'different', // batch norm
  withoutGradient: {
    '(.*\\.)?masked_spec_embed': unused['(.*\\.)?masked_spec_embed'],
    '.*linear_k\\.bias': unused['.*k_proj\\.bias'],
    '.*pos_conv_embed\\..*': 'in checkpoints, though nothing reads it',
  },
  wrong,
});

testModel<HubertForSequenceClassification, tf.Tensor>('HuBERT that classifies sounds', {
  create: (generator) =>
    livelier(
      new HubertForSequenceClassification(
        { ...small, use_weighted_layer_sum: true, classifier_proj_size: 6, num_labels: 3 },
        generator,
      ),
      generator,
    ),
  load: HubertForSequenceClassification.fromPretrained,
  inputs: [sounds(45, (n, length) => ({ ...states(n, length), logits: [n, 3] }))],
  withoutGradient: unused,
  wrong,
});

testModel<ASTForAudioClassification, tf.Tensor>('the Audio Spectrogram Transformer', {
  create: (generator) =>
    livelier(
      new ASTForAudioClassification(
        {
          hidden_size: 8,
          num_hidden_layers: 2,
          num_attention_heads: 2,
          intermediate_size: 10,
          patch_size: 4,
          frequency_stride: 3,
          time_stride: 4,
          max_length: 11,
          num_mel_bins: 7,
          num_labels: 3,
          hidden_dropout_prob: 0.2,
        },
        generator,
      ),
      generator,
    ),
  load: ASTForAudioClassification.fromPretrained,
  inputs: [
    {
      name: '11 frames of 7 bins',
      make: (generator, examples) => normalTensor([examples, 11, 7], 0, 1, generator),
      gives: (_, n) => ({
        lastHiddenState: [n, 6, 8],
        pooled: [n, 8],
        logits: [n, 3],
        'hiddenStates.0': [n, 6, 8],
        'hiddenStates.1': [n, 6, 8],
        'hiddenStates.2': [n, 6, 8],
      }),
    },
  ],
  training: 'random',
  withoutGradient: { '.*k_proj\\.bias': 'the softmax takes out what all keys share' },
  wrong: [
    { name: 'too few frames', make: () => tf.zeros([1, 10, 7]) },
    { name: 'too many bins', make: () => tf.zeros([1, 11, 8]) },
  ],
});
