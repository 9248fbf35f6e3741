import * as tf from '@tensorflow/tfjs-core';
import { functional, metrics } from '@hourglass/core';
import type { NamedTensors, ParityAdapter } from '@hourglass/core/testing';
import { ARGA, ARGVA, EdgeIndex, GAE, graphAutoencoderFamilies, VGAE } from '@hourglass/graph';

/** What the reference's test() gives. */
function scores(positive: tf.Tensor, negative: tf.Tensor): NamedTensors {
  const values = tf.concat([positive, negative]);
  const labels = Float32Array.from({ length: values.size }, (_, i) => (i < positive.size ? 1 : 0));
  const score = (metric: metrics.RocAuc | metrics.AveragePrecision): tf.Tensor => {
    metric.update(values, labels);
    return tf.scalar(metric.compute());
  };
  return { auc: score(new metrics.RocAuc()), ap: score(new metrics.AveragePrecision()) };
}

function run(model: GAE, { x, real }: Readonly<NamedTensors>, edges: EdgeIndex, negatives: EdgeIndex): NamedTensors {
  const encoded = model.encoder.forward(x!, edges);
  const { value: z, penalty } = model.bottleneck.forward(encoded);
  const recon = model.reconstructionLoss(z, edges, negatives);
  let loss = recon;
  const outputs: NamedTensors = { z, recon_loss: recon };
  if (model instanceof VGAE || model instanceof ARGVA) {
    const { mean, spread } = model.bottleneck.moments(encoded);
    loss = tf.add(loss, tf.div(penalty, x!.shape[0]!));
    Object.assign(outputs, { mu: mean, logstd: spread, kl_loss: penalty });
  }
  if (model instanceof ARGA) {
    const [reg, discriminator] = [model.regularisationLoss(z), model.discriminatorLoss(z, real)];
    loss = tf.add(loss, tf.add(reg, tf.mul(discriminator, 0.5)));
    Object.assign(outputs, { reg_loss: reg, discriminator_loss: discriminator });
  }
  const decoded = model.decode(z, edges);
  const ranked = scores(functional.stopGradient(decoded), functional.stopGradient(model.decode(z, negatives)));
  return { ...outputs, ...ranked, decoded, decoded_all: model.decodeAll(z), loss };
}

export const adapters: ParityAdapter[] = [
  {
    knows: ({ op, config }) => op === '' && graphAutoencoderFamilies.some((family) => family.matches(config)),
    async prepare({ folder, inputs }) {
      const module = (await GAE.fromPretrained(folder)).eval();
      const nodes = inputs['x']!.shape[0]!;
      const edges = new EdgeIndex(inputs['edge_index']!, nodes);
      const negatives = new EdgeIndex(inputs['neg_edge_index']!, nodes);
      return {
        module,
        forward: (inputs) => run(module, inputs, edges, negatives),
        dispose() {
          edges.dispose();
          negatives.dispose();
        },
      };
    },
  },
];
