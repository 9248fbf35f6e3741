import type { ParityAdapter } from '@hourglass/core/testing';
import { ASTForAudioClassification, ASTModel } from '@hourglass/audio';
import { architecture, states } from './transformers.js';

export const adapters: ParityAdapter[] = [
  architecture('ASTForAudioClassification', ASTForAudioClassification.fromPretrained, (model, inputs) => {
    const { input_values: x, labels } = inputs;
    const outputs = model.forward(x!);
    const result = { logits: outputs.logits, ...states(outputs) };
    return labels === undefined ? result : { ...result, loss: model.loss(outputs.logits, labels) };
  }),
  architecture('ASTModel', ASTModel.fromPretrained, (model, { input_values: x }) => {
    const outputs = model.forward(x!);
    return { last_hidden_state: outputs.lastHiddenState, pooler_output: outputs.pooled, ...states(outputs) };
  }),
];
