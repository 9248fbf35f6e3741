import { testModel, type InputCase, type ModelFacts } from '@hourglass/testing';
import { EdgeCNN, GAT, GCN, GCN2, GIN, GINGraphClassifier, GraphSAGE, type BasicGNN } from '@hourglass/graph';
import { graphByGraph, randomGraphs, type GraphInput } from './graph-input.js';
import { ofNodes, sizes, wrong } from './node-facts.js';

const graphsOf = (nodes: number): InputCase<GraphInput> => randomGraphs(nodes, 4, (_, graphs) => [graphs, 3]);

const networks: Readonly<Record<string, ModelFacts<BasicGNN, GraphInput>>> = {
  GCN: ofNodes((generator) => new GCN({ ...sizes, dropout: 0.5, inputDropout: 0.5, generator }), GCN.fromPretrained, {
    training: 'random',
  }),
  'GCN with batch norm and layers side by side': ofNodes(
    (generator) => new GCN({ ...sizes, norm: 'batch_norm', jk: 'cat', generator }),
    GCN.fromPretrained,
    { training: 'different', withoutGradient: { 'convs\\..*bias': 'batch norm takes the mean out again' } },
  ),
  GraphSAGE: ofNodes((generator) => new GraphSAGE({ ...sizes, act: 'elu', generator }), GraphSAGE.fromPretrained),
  GIN: ofNodes((generator) => new GIN({ ...sizes, act: 'elu', trainEps: true, generator }), GIN.fromPretrained),
  GAT: ofNodes(
    (generator) => new GAT({ ...sizes, heads: 2, outputHeads: 3, act: 'elu', generator }),
    GAT.fromPretrained,
  ),
  EdgeCNN: ofNodes((generator) => new EdgeCNN({ ...sizes, act: 'elu', generator }), EdgeCNN.fromPretrained),
};

for (const [title, facts] of Object.entries(networks)) testModel(title, facts);

testModel(
  'GCN2',
  ofNodes((generator) => new GCN2({ ...sizes, generator }), GCN2.fromPretrained),
);

testModel('a classifier of graphs', {
  create: (generator) =>
    new GINGraphClassifier({ inChannels: 4, hiddenChannels: 6, numLayers: 2, classes: 3, act: 'elu', generator }),
  load: (folder) => GINGraphClassifier.fromPretrained(folder),
  inputs: [graphsOf(5), graphsOf(13), graphsOf(1)],
  forward: (model, { x, edges, batch }) => model.forward(x, edges, batch),
  training: 'different', // batch norm
  withoutGradient: { '.*lins\\.0\\.bias': 'batch norm takes the mean out again' },
  batching: graphByGraph,
  wrong,
});
