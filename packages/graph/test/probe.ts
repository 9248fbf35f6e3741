import * as tf from '@tensorflow/tfjs-core';
import { Adam, Generator, Linear, losses, valueAndGradients } from '@hourglass/core';

export interface Labelled {
  /** float32 [nodes, width] */
  readonly features: tf.Tensor;
  readonly labels: Int32Array;
  /** Nodes whose label the classifier sees; the others are its test. */
  readonly seen: (node: number) => boolean;
}

/** Accuracy of a linear classifier of standardised features on nodes whose label it does not see. */
export function linearProbe({ features, labels, seen }: Labelled, steps = 200): number {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(features, 0);
    const x = tf.div(tf.sub(features, mean), tf.sqrt(tf.add(variance, 1e-6)));
    const nodes = Array.from(labels.keys());
    const [train, test] = [nodes.filter(seen), nodes.filter((node) => !seen(node))];
    const classes = Math.max(...labels) + 1;
    const lin = new Linear(x.shape[1]!, classes, { generator: new Generator(1) });
    const optimizer = new Adam(lin.parameters(), { lr: 0.05, weightDecay: 1e-2 });
    const [of, target] = [
      tf.gather(x, train),
      tf.tensor1d(
        train.map((node) => labels[node]!),
        'int32',
      ),
    ];
    for (let step = 0; step < steps; step++) {
      tf.tidy(() => {
        const { gradients } = valueAndGradients(() => losses.crossEntropy(lin.forward(of), target), lin.parameters());
        optimizer.step(gradients);
      });
    }
    const predicted = tf.argMax(lin.forward(tf.gather(x, test)), 1).dataSync();
    optimizer.dispose();
    lin.dispose();
    return test.filter((node, i) => labels[node] === predicted[i]).length / test.length;
  });
}
