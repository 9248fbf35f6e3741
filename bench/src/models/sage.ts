import * as tf from '@tensorflow/tfjs-core';
import { Adam, disposeTensors, Generator, losses } from '@hourglass/core';
import { GraphData, GraphSAGE, NeighborLoader, type SampledBatch } from '@hourglass/graph';
import { trainStep } from '../training.js';
import type { Prepared } from '../workload.js';
import { millionNodes } from './citations.js';

const [batchSize, fanOut] = [1024, 10];

/** A train step of GraphSAGE on a sampled part of the graph, the sampling included. */
export function sampledTraining(): Prepared {
  const { nodes, classes, features, edges, train, labels } = millionNodes();
  const y = new Int32Array(nodes);
  const [seeds, classOf] = [train.dataSync() as Int32Array, labels.dataSync()];
  seeds.forEach((node, i) => (y[node] = classOf[i]!));
  const ends = edges.dataSync() as Int32Array;
  const graph = new GraphData({
    numNodes: nodes,
    edgeIndex: [ends.subarray(0, ends.length / 2), ends.subarray(ends.length / 2)],
    x: { width: features.shape[1]!, values: features.dataSync() as Float32Array },
    y,
    numClasses: classes,
  });
  tf.dispose([features, edges, train, labels]);
  const loader = new NeighborLoader(graph, {
    seeds,
    fanOuts: [fanOut, fanOut],
    batchSize,
    replace: true,
    dropLast: true,
  });
  const sizes = { inChannels: 64, hiddenChannels: 64, numLayers: 2, outChannels: classes };
  const model = new GraphSAGE({ ...sizes, dropout: 0.5, generator: new Generator(1) });
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const batches = endless(loader);
  return {
    async step() {
      const { value: batch } = await batches.next();
      const { x, edges, y, seeds } = batch as SampledBatch;
      const forward = (): tf.Tensor => model.forward(x!, edges);
      trainStep({ model, loss: () => losses.crossEntropy(tf.slice(forward(), 0, seeds), y!) }, optimizer);
      disposeTensors(batch);
    },
    dispose() {
      void batches.return();
      void loader.close();
      optimizer.dispose();
      model.dispose();
    },
  };
}

async function* endless(loader: NeighborLoader): AsyncGenerator<SampledBatch, void, void> {
  for (let epoch = 0; ; epoch++) yield* loader.iterate(epoch);
}
