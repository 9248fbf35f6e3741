import * as tf from '@tensorflow/tfjs-core';
import { normalTensor, scope, type Generator } from '@hourglass/core';
import {
  createGraphAutoencoder,
  GAE,
  GCRN,
  GDN,
  GraphFreeStudent,
  GraphMAE,
  laplacian,
  TimeGNN,
  VQGraph,
} from '@hourglass/graph';
import { testModel, type InputCase } from '@hourglass/testing';
import { randomGraphs, type GraphInput } from './graph-input.js';
import { factsOfNodes, ofNodes } from './node-facts.js';

const encoder = { type: 'gcn', inChannels: 4, hiddenChannels: [6], outChannels: 3 };
const unused = { 'decoder\\..*': 'embeddings alone are asked for' };
const apart = { ...unused, 'discriminator\\..*': 'the adversary is trained apart' };

for (const kind of ['gae', 'vgae', 'arga', 'argva'] as const) {
  testModel(
    kind,
    ofNodes(
      (generator) => createGraphAutoencoder({ kind, encoder, decoder: { type: 'mlp' } }, generator),
      (folder) => GAE.fromPretrained(folder),
      {
        training: kind === 'vgae' || kind === 'argva' ? 'random' : 'same',
        withoutGradient: kind === 'gae' || kind === 'vgae' ? unused : apart,
      },
    ),
  );
}

testModel(
  'GraphMAE',
  ofNodes(
    (generator) => GraphMAE.create({ encoder }, generator),
    (folder) => GraphMAE.fromPretrained(folder),
    { withoutGradient: { '(enc_mask_token|encoder_to_decoder|decoder).*': 'they are for the loss' } },
  ),
);

testModel(
  'VQGraph',
  factsOfNodes(
    (generator) => VQGraph.create({ encoder: { ...encoder, outChannels: 5 }, codes: 7, classes: 3 }, generator),
    (folder) => VQGraph.fromPretrained(folder),
    (model, { x, edges }) => scope(() => model.forward(x, edges).logits),
    {
      withoutGradient: { 'decoder_.*': 'they are for the loss' },
      except: {
        'finite differences': 'codes jump, and gradients go straight through',
        modes: 'each pass in training moves the codebook',
      },
    },
  ),
);

const rows = (width: number): InputCase<tf.Tensor> => ({
  name: `width ${width}`,
  make: (generator, examples) => normalTensor([examples, width], 0, 1, generator),
  gives: (_, examples) => [examples, 3],
});

testModel('a student without graph', {
  create: (generator) =>
    new GraphFreeStudent({ inChannels: 4, hiddenChannels: [6], channels: 5, classes: 3, dropout: 0.5, generator }),
  load: (folder) => GraphFreeStudent.fromPretrained(folder),
  inputs: [rows(4)],
  forward: (model, x) => scope(() => model.forward(x).logits),
  training: 'random',
  wrong: [{ name: 'too narrow features', make: (generator) => rows(3).make(generator, 2) }],
});

/** Symmetric matrices. */
const matrices = (nodes: number): InputCase<tf.Tensor> => ({
  name: `${nodes} nodes`,
  make: (generator, examples) =>
    scope(() => {
      const drawn = normalTensor([examples, nodes, nodes], 0, 1, generator);
      return tf.abs(tf.add(drawn, tf.transpose(drawn, [0, 2, 1])));
    }),
  gives: (_, examples) => [examples, nodes, nodes],
});

testModel('GDN', {
  create: (generator) => new GDN({ layers: 3, channels: 2, generator }),
  load: (folder) => GDN.fromPretrained(folder),
  inputs: [matrices(4), matrices(7), matrices(2)],
  withoutGradient: { 'layers\\.0\\.(alpha|beta)': 'without a first guess their size has no effect' },
  wrong: [{ name: 'one matrix', make: (generator: Generator) => normalTensor([4, 4], 0, 1, generator) }],
});

/** Graphs whose Laplacian is there already: it is kept with the edges, so that the first pass has more to do than others. */
const withLaplacian = (width: number): InputCase<GraphInput> => {
  const graphs = randomGraphs(5, 4, (nodes) => [nodes, width]);
  return {
    ...graphs,
    make(generator, examples) {
      const input = graphs.make(generator, examples);
      laplacian(input.edges, null, 'sym');
      return input;
    },
  };
};

for (const kind of ['M1', 'M2'] as const) {
  testModel(
    `GCRN ${kind}`,
    factsOfNodes(
      (generator) => new GCRN({ inChannels: 4, hiddenChannels: 5, outChannels: 3, kind, generator }),
      (folder) => GCRN.fromPretrained(folder),
      (model, { x, edges }) =>
        scope(() => tf.squeeze(tf.slice(model.forward(tf.stack([x, tf.neg(x)]), edges, { lambdaMax: 2 }), 1), [0])),
      { inputs: [withLaplacian(3)] },
    ),
  );
}

testModel(
  'TimeGNN',
  factsOfNodes(
    (generator) => new TimeGNN({ times: 4, hiddenChannels: [5], orders: 2, generator }),
    (folder) => TimeGNN.fromPretrained(folder),
    (model, { x, edges }) => scope(() => model.forward(x, tf.onesLike(x), edges, { lambdaMax: 2 })),
    { inputs: [withLaplacian(4)] },
  ),
);
