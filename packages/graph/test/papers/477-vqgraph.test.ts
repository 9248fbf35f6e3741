import * as tf from '@tensorflow/tfjs-core';
import { Generator } from '@hourglass/core';
import { capability, useTestBackend } from '@hourglass/core/testing';
import {
  distillationLoss,
  distillationTargets,
  GraphFreeStudent,
  trainOnWholeGraph,
  VQGraph,
  type DistillationOptions,
  type KnownLabels,
} from '@hourglass/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { citations } from '../generated.js';
import { keepsToLayerRules } from '../layers/properties.js';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

const makeTeacher = (features: number, classes: number, codes: number, generator: Generator): VQGraph =>
  VQGraph.create(
    {
      encoder: { type: 'gcn', inChannels: features, hiddenChannels: [32], outChannels: 48 },
      codes,
      classes,
    },
    generator,
  );

describe('VQGraph (477)', () => {
  keepsToLayerRules({
    make: (generator) => makeTeacher(4, 3, 16, generator),
    run(model, { x, edges }) {
      const known = { nodes: tf.tensor1d([0, 1], 'int32'), labels: tf.tensor1d([2, 0], 'int32') };
      return model.training ? model.loss(x, edges, known).loss : model.forward(x, edges).logits;
    },
  });

  it.skipIf(training.isMissing)(
    training.title('codes are used widely; a student without graph learns more from soft code assignments'),
    async () => {
      const rows: number[][] = [];
      for (const seed of [0, 1]) {
        const graph = citations({ nodes: 150, words: 300, within: 0.35, seed });
        const later = citations({ words: 300, seed: seed + 100 });
        const { x, edges } = graph.tensors();
        const y = graph.y as Int32Array;
        const nodes = Array.from({ length: 20 }, (_, node) => node);
        const known: KnownLabels = {
          nodes: tf.tensor1d(nodes, 'int32'),
          labels: tf.tensor1d(y.slice(0, 20), 'int32'),
        };
        const teacher = makeTeacher(300, 2, 96, new Generator(seed));
        await trainOnWholeGraph(teacher, (model) => model.loss(x!, edges, known), { epochs: 100, seed });
        const tokens = tf.tidy(() => {
          const { metrics, logits } = teacher.eval().forward(x!, edges);
          return [metrics['perplexity']!.dataSync()[0]!, accuracy(logits, y)] as const;
        });
        const student = async (options: DistillationOptions): Promise<number> => {
          const targets = distillationTargets(teacher, x!, edges, options);
          const network = new GraphFreeStudent({
            inChannels: 300,
            hiddenChannels: [64],
            channels: 48,
            classes: 2,
            dropout: 0.5,
            generator: new Generator(seed + 7),
          });
          await trainOnWholeGraph(network, (model) => distillationLoss(model, teacher, x!, targets, known, options), {
            epochs: 120,
            weightDecay: 5e-4,
            seed,
          });
          const unseen = later.tensors().x!;
          const score = tf.tidy(() => accuracy(network.eval().forward(unseen).logits, later.y as Int32Array));
          tf.dispose([targets.classes, targets.codes]);
          network.dispose();
          return score;
        };
        const temperature = 0.3;
        rows.push([
          ...tokens,
          await student({ classWeight: 0, codeWeight: 0, temperature }),
          await student({ codeWeight: 0, temperature }),
          await student({ codeWeight: 10, temperature }),
        ]);
        for (const owner of [teacher, graph, later]) owner.dispose();
        tf.dispose([known.nodes, known.labels]);
      }
      const [perplexity, teacher, labels, logits, codes] = rows[0]!.map(
        (_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length,
      ) as [number, number, number, number, number];
      console.log(
        `perplexity ${perplexity.toFixed(1)} of 96 codes; accuracy: teacher ${teacher.toFixed(3)}; students on unseen papers: ` +
          `labels ${labels.toFixed(3)}, logits ${logits.toFixed(3)}, with codes ${codes.toFixed(3)}`,
      );
      // at least two for each topic
      expect(perplexity).toBeGreaterThan(24);
      expect(teacher).toBeGreaterThan(0.9);
      expect(codes).toBeGreaterThan(labels + 0.1);
      expect(codes).toBeGreaterThan(logits + 0.025);
    },
  );
});

function accuracy(logits: tf.Tensor, labels: Int32Array): number {
  const predicted = tf.argMax(logits, 1).dataSync();
  return labels.filter((label, node) => label === predicted[node]).length / labels.length;
}
