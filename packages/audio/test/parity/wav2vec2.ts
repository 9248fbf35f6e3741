import * as tf from '@tensorflow/tfjs-core';
import { losses, Module, renaming } from '@hourglass/core';
import type { NamedTensors, ParityAdapter } from '@hourglass/core/testing';
import {
  HubertForCTC,
  HubertForSequenceClassification,
  HubertModel,
  SpeechTransformer,
  type SpeechEncoder,
  Wav2Vec2ConformerForCTC,
  Wav2Vec2ConformerForSequenceClassification,
  Wav2Vec2ConformerModel,
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
  model: Wav2Vec2ForCTC | HubertForCTC | WavLMForCTC | Wav2Vec2ConformerForCTC,
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
  model: Wav2Vec2Model | HubertModel | WavLMModel | Wav2Vec2ConformerModel,
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
  model:
    | Wav2Vec2ForSequenceClassification
    | HubertForSequenceClassification
    | WavLMForSequenceClassification
    | Wav2Vec2ConformerForSequenceClassification,
  { input_values: x, labels }: Readonly<NamedTensors>,
  lengths: number[] | null,
): NamedTensors {
  const outputs = model.forward(x!, { lengths });
  const result: NamedTensors = { logits: outputs.logits, ...states(outputs) };
  return labels === undefined
    ? result
    : { ...result, loss: losses.crossEntropy(outputs.logits, tf.reshape(labels, [-1])) };
}

/** The same module under other names. */
class Renamed extends Module {
  readonly #module: Module;
  readonly #name: (name: string) => string;

  constructor(module: Module, name: (name: string) => string) {
    super();
    this.#module = module;
    this.#name = name;
  }

  override *namedState(): ReturnType<Module['namedState']> {
    for (const [name, leaf] of this.#module.namedState()) yield [this.#name(name), leaf];
  }
}

/** What layers gave, the last of them before the norm that may come behind: torchaudio's `extract_features`. */
function layerResults(
  encoder: SpeechEncoder,
  states: readonly tf.Tensor[],
  frames: readonly number[] | null,
): NamedTensors {
  const results = states.slice(1);
  if (encoder instanceof SpeechTransformer && encoder.normFirst && results.length > 0) {
    const last = states.at(-2)!;
    const keyMask =
      frames === null
        ? null
        : tf.cast(tf.less(tf.range(0, last.shape[1]!), tf.tensor2d([...frames], [frames.length, 1])), 'float32');
    results[results.length - 1] = [...encoder.layers].at(-1)!.forward(last, { keyMask });
  }
  return Object.fromEntries(results.map((state, i) => [`features.${i}`, state]));
}

/** torchaudio's model gives what layers gave; its own names are those of the gradients. */
const torchaudio: ParityAdapter = {
  library: 'torchaudio',
  knows: ({ op, config }) => op === '' && String(config['class']).startsWith('torchaudio.models.wav2vec2_model('),
  async prepare({ folder, config, inputs }) {
    const { aux_num_out: symbols = null } = config['args'] as { aux_num_out?: number | null };
    const model = await (symbols === null ? Wav2Vec2Model : Wav2Vec2ForCTC).fromPretrained(folder);
    model.eval();
    const lengths = inputs['lengths'] === undefined ? null : [...inputs['lengths'].dataSync()];
    const names = renaming([
      ['feature_extractor.', `${symbols === null ? '' : 'wav2vec2.'}feature_extractor.`],
      ['encoder.feature_projection.', `${symbols === null ? '' : 'wav2vec2.'}feature_projection.`],
      ['encoder.transformer.', `${symbols === null ? '' : 'wav2vec2.'}encoder.`],
      ['aux.', 'lm_head.'],
    ]);
    return {
      module: new Renamed(model, names.toReference),
      forward({ waveforms: x }) {
        const outputs = model.forward(x!, { lengths });
        const logits = (outputs as { readonly logits?: tf.Tensor }).logits;
        const frames = lengths?.map((count) => model.frames(count)) ?? null;
        const { encoder } = model instanceof Wav2Vec2ForCTC ? model.wav2vec2 : model;
        const result: NamedTensors = {
          y: logits ?? outputs.lastHiddenState,
          ...layerResults(encoder, outputs.hiddenStates, frames),
        };
        if (frames === null) return result;
        return { ...result, lengths: tf.tensor1d(frames, 'int32') };
      },
    };
  },
};

export const adapters: ParityAdapter[] = [
  torchaudio,
  architecture('Wav2Vec2Model', Wav2Vec2Model.fromPretrained, encoder),
  architecture('HubertModel', HubertModel.fromPretrained, encoder),
  architecture('Wav2Vec2ConformerModel', Wav2Vec2ConformerModel.fromPretrained, encoder),
  architecture('Wav2Vec2ConformerForCTC', Wav2Vec2ConformerForCTC.fromPretrained, ctc),
  architecture(
    'Wav2Vec2ConformerForSequenceClassification',
    Wav2Vec2ConformerForSequenceClassification.fromPretrained,
    classifier,
  ),
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
