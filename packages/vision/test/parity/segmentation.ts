import * as tf from '@tensorflow/tfjs-core';
import type { Module } from '@hourglass/core';
import type { NamedTensors, ParityAdapter } from '@hourglass/core/testing';
import {
  resnetImageFamily,
  ResNetForImageClassification,
  segmentationFamilies,
  SegmentationModel,
  torchvisionResNetFamily,
  torchvisionSegmentationFamilies,
  TorchvisionSegmentationModel,
} from '@hourglass/vision';
import { loadPretrained } from '@hourglass/core';

const toNHWC = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 3, 1]);
/** Pictures and maps become channels first, as the reference has them; the rest stays. */
const toReference = (x: tf.Tensor): tf.Tensor => (x.rank === 4 ? tf.transpose(x, [0, 3, 1, 2]) : tf.clone(x));

function indexed(name: string, tensors: readonly tf.Tensor[]): NamedTensors {
  return Object.fromEntries(tensors.map((tensor, i) => [`${name}.${i}`, toReference(tensor)]));
}

interface Loader<M extends Module> {
  readonly families: ReadonlyArray<{ matches(config: Readonly<Record<string, unknown>>): boolean }>;
  load(folder: string): Promise<M>;
  run(model: M, inputs: Readonly<NamedTensors>): NamedTensors;
}

/** Loads the folder by the public way, and runs the model in evaluation mode. */
function modelAdapter<M extends Module>({ families, load, run }: Loader<M>): ParityAdapter {
  return {
    knows: ({ op, config }) => op === '' && families.some((family) => family.matches(config)),
    async prepare({ folder }) {
      const module = (await load(folder)).eval();
      return { module, forward: (inputs) => run(module, inputs) };
    },
  };
}

export const adapters: ParityAdapter[] = [
  modelAdapter({
    families: segmentationFamilies,
    load: (folder) => SegmentationModel.fromPretrained(folder),
    run(model, { x }) {
      const { masks, features, labels } = model.outputs(toNHWC(x!));
      return {
        ...indexed('features', features),
        masks: toReference(masks),
        ...(labels && { labels: tf.clone(labels) }),
      };
    },
  }),
  modelAdapter({
    families: torchvisionSegmentationFamilies,
    load: (folder) => TorchvisionSegmentationModel.fromPretrained(folder),
    run(model, { x }) {
      const { out, aux } = model.outputs(toNHWC(x!));
      return { out: toReference(out), ...(aux && { aux: toReference(aux) }) };
    },
  }),
  modelAdapter({
    families: [torchvisionResNetFamily],
    load: (folder) => loadPretrained(folder, [torchvisionResNetFamily]),
    run: (model, { x }) => ({ logits: model.forward(toNHWC(x!)) }),
  }),
  modelAdapter({
    families: [resnetImageFamily],
    load: (folder) => ResNetForImageClassification.fromPretrained(folder),
    run(model, { pixel_values: x, labels }) {
      const { logits, hiddenStates, loss } = model.outputs(toNHWC(x!), labels);
      return { logits, ...indexed('hidden_states', hiddenStates), ...(loss && { loss }) };
    },
  }),
];
