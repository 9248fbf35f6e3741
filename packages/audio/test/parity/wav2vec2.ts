import * as tf from '@tensorflow/tfjs-core';
import { losses } from '@hourglass/core';
import type { NamedTensors, ParityAdapter } from '@hourglass/core/testing';
import {
  HubertForCTC,
  HubertForSequenceClassification,
  HubertModel,
  Wav2Vec2ForCTC,
  Wav2Vec2ForPreTraining,
  Wav2Vec2ForSequenceClassification,
  Wav2Vec2Model,
  WavLMForCTC,
  WavLMForSequenceClassification,
  WavLMModel,
} from '@hourglass/audio';
import { architecture, states } from './transformers.js';

function ctc(
  model: Wav2Vec2ForCTC | HubertForCTC | WavLMForCTC,
  inputs: Readonly<NamedTensors>,
  lengths: number[] | null,
) {
  const { input_values: x, labels } = inputs as { input_values: tf.Tensor; labels?: tf.Tensor2D };
  const outputs = model.forward(x, { lengths });
  const result: NamedTensors = { logits: outputs.logits, ...states(outputs) };
  if (labels === undefined) return result;
  const symbols = labels.arraySync().map((row) => row.filter((label) => label >= 0));
  return { ...result, loss: model.loss(outputs.logits, symbols, lengths ?? symbols.map(() => x.shape[1]!)) };
}

function encoder(
  model: Wav2Vec2Model | HubertModel | WavLMModel,
  inputs: Readonly<NamedTensors>,
  lengths: number[] | null,
) {
  const maskTimeIndices = inputs['mask_time_indices'] ?? null;
  const outputs = model.forward(inputs['input_values']!, { lengths, maskTimeIndices });
  return {
    last_hidden_state: outputs.lastHiddenState,
    extract_features: outputs.extractFeatures,
    ...states(outputs),
  };
}

function classifier(
  model: Wav2Vec2ForSequenceClassification | HubertForSequenceClassification | WavLMForSequenceClassification,
  { input_values: x, labels }: Readonly<NamedTensors>,
  lengths: number[] | null,
): NamedTensors {
  const outputs = model.forward(x!, { lengths });
  const result: NamedTensors = { logits: outputs.logits, ...states(outputs) };
  return labels === undefined
    ? result
    : { ...result, loss: losses.crossEntropy(outputs.logits, tf.reshape(labels, [-1])) };
}

export const adapters: ParityAdapter[] = [
  architecture('Wav2Vec2Model', Wav2Vec2Model.fromPretrained, encoder),
  architecture('HubertModel', HubertModel.fromPretrained, encoder),
  architecture('WavLMModel', WavLMModel.fromPretrained, encoder),
  architecture('WavLMForCTC', WavLMForCTC.fromPretrained, ctc),
  architecture('WavLMForSequenceClassification', WavLMForSequenceClassification.fromPretrained, classifier),
  architecture('Wav2Vec2ForCTC', Wav2Vec2ForCTC.fromPretrained, ctc),
  architecture('HubertForCTC', HubertForCTC.fromPretrained, ctc),
  architecture('Wav2Vec2ForSequenceClassification', Wav2Vec2ForSequenceClassification.fromPretrained, classifier),
  architecture('HubertForSequenceClassification', HubertForSequenceClassification.fromPretrained, classifier),
  architecture('Wav2Vec2ForPreTraining', Wav2Vec2ForPreTraining.fromPretrained, (model, inputs, lengths) => {
    const outputs = model.forward(inputs['input_values']!, {
      lengths,
      maskTimeIndices: inputs['mask_time_indices'] ?? null,
      negatives: inputs['sampled_negative_indices'] ?? null,
    });
    const result: NamedTensors = {
      projected_states: outputs.projectedStates,
      projected_quantized_states: outputs.projectedQuantizedStates,
      codevector_perplexity: outputs.codevectorPerplexity,
      ...states(outputs),
    };
    if (outputs.loss === null) return result;
    return {
      ...result,
      loss: outputs.loss,
      contrastive_loss: outputs.contrastiveLoss!,
      diversity_loss: outputs.diversityLoss!,
    };
  }),
];
