import { disposeAfterGradients, scope } from '@hourglass/core';
import { testModel } from '@hourglass/testing';
import * as tf from '@tensorflow/tfjs-core';
import { CoGNN, DeeperGCN, EGNN, PNA, RGCN, TypedEdges } from '@hourglass/graph';
import { factsOfNodes, ofNodes, sizes } from './node-facts.js';

testModel(
  'DeeperGCN',
  factsOfNodes(
    (generator) => new DeeperGCN({ ...sizes, edgeDim: 3, dropout: 0.2, generator }),
    DeeperGCN.fromPretrained,
    (model, { x, edges, edgeAttr }) => model.forward(x, edges, edgeAttr),
    { training: 'random' },
  ),
);

testModel(
  'PNA',
  factsOfNodes(
    (generator) =>
      new PNA({
        ...sizes,
        aggregators: ['mean', 'max', 'std'],
        scalers: ['identity', 'amplification', 'attenuation'],
        deg: [2, 5, 3],
        edgeDim: 3,
        act: 'elu',
        generator,
      }),
    PNA.fromPretrained,
    (model, { x, edges, edgeAttr }) => model.forward(x, edges, { edgeAttr }),
  ),
);

testModel(
  'CoGNN',
  ofNodes((generator) => new CoGNN({ ...sizes, layerNorm: true, generator }), CoGNN.fromPretrained, {
    training: 'random',
    except: { 'finite differences': 'choices are steps; their gradient is that of the soft choice' },
  }),
);

testModel(
  'EGNN',
  factsOfNodes(
    (generator) => new EGNN({ ...sizes, edgeDim: 3, velocity: true, attention: true, generator }),
    EGNN.fromPretrained,
    (model, { x, edges, edgeAttr }) =>
      scope(() => {
        const [pos, velocity] = [tf.slice(x, [0, 0], [-1, 2]), tf.slice(x, [0, 1], [-1, 2])];
        const { h, pos: moved } = model.forward({ h: x, pos, velocity }, edges, edgeAttr);
        return tf.concat([h, moved], 1);
      }),
    { width: 5 },
  ),
);

testModel(
  'R-GCN',
  factsOfNodes(
    (generator) => new RGCN({ ...sizes, numRelations: 3, numBases: 2, generator }),
    RGCN.fromPretrained,
    (model, { x, edges, edgeAttr }) => {
      const largest = edgeAttr.arraySync() as number[][];
      const typed = new TypedEdges(
        edges,
        largest.map((row) => row.indexOf(Math.max(...row))),
        3,
      );
      try {
        return model.forward(x, typed);
      } finally {
        disposeAfterGradients(typed);
      }
    },
  ),
);
