import { join } from 'node:path';
import { defaultGenerator, InvalidArgumentError, type OptionValues } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import { defineTrainCommand, given, runOptions, trainingOptions } from '@hourglass/core/tasks';
import type { GraphData } from '../../data/graph.js';
import {
  NodeClassifier,
  nodeArchitectures,
  nodeFeatureKinds,
  nodeFeatureWidth,
  usualFeatures,
  type NodeArchitecture,
  type NodeFeatureKind,
} from '../../models/node-classifier.js';
import { evaluateNodeClassification, nodeRecipes, trainNodeClassification } from '../../training/index.js';
import { writeCurve } from '../shared/curve.js';
import { describeGraph, graphOptions, openRequested } from '../shared/data.js';
import { scoreLines } from '../shared/scores-table.js';
import { samplingOf, samplingOptions, withSplit } from './options.js';

/** SGC is a single linear map. */
const layered = { architecture: nodeArchitectures.filter((name) => name !== 'sgc') };

const options = {
  ...graphOptions,
  ...runOptions('node-classification'),
  architecture: {
    kind: 'text',
    description: 'network; rgcn is for edges with relations, mlp looks at no edges',
    choices: nodeArchitectures,
    default: 'gcn',
  },
  features: {
    kind: 'text',
    description:
      'features as they are, divided by their sum, the degrees of nodes in their place, or for rgcn weights of each node (default: normalized; rgcn none)',
    choices: nodeFeatureKinds,
  },
  hidden: {
    kind: 'integer',
    description: "width of hidden layers (default: the architecture's)",
    min: 1,
    goesWith: layered,
  },
  bases: {
    kind: 'integer',
    description: "of how many matrices the relations' are mixtures (default: each has its own)",
    min: 1,
    goesWith: { architecture: ['rgcn'] },
  },
  layers: { kind: 'integer', description: 'number of layers', default: 2, min: 1, goesWith: layered },
  dropout: {
    kind: 'number',
    description: "dropout (default: the architecture's)",
    min: 0,
    max: 0.99,
    goesWith: layered,
  },
  ...samplingOptions,
  ...trainingOptions({ examples: 'nodes', score: 'validation loss' }),
  epochs: { kind: 'integer', description: "passes over the data (default: the architecture's)", min: 1 },
  batchSize: {
    kind: 'integer',
    description: 'nodes or clusters at once',
    min: 1,
    goesWith: { fanOuts: true, clusters: true },
  },
  learningRate: { kind: 'number', description: "learning rate of Adam (default: the architecture's)", min: 0 },
  weightDecay: { kind: 'number', description: "L2 penalty of Adam (default: the architecture's)", min: 0 },
} as const;

type Settings = OptionValues<typeof options>;

export const trainCommand = defineTrainCommand({
  task: 'node-classification',
  description: 'train a network to tell the classes of the nodes of a graph',
  options,
  unit: 'steps',
  async open(settings: Settings): Promise<{ graph: GraphData }> {
    const graph = await openRequested(settings);
    if (graph.numClasses === 0 || graph.yOf !== 'nodes') {
      throw new InvalidArgumentError(`${settings.data}: its nodes have no classes; --label names the column that has`);
    }
    return { graph };
  },
  async begin(data, settings, context) {
    describeGraph(data.graph, context);
    data.graph = withSplit(data.graph, settings.seed, context);
    const { train, val, test } = data.graph.summary();
    context.print(`${train} nodes to train on, ${val} to validate on, ${test} for the test`);
    const architecture = settings.architecture as NodeArchitecture;
    const features = (settings.features as NodeFeatureKind | undefined) ?? usualFeatures(architecture);
    const model = new NodeClassifier(
      {
        architecture,
        inChannels: nodeFeatureWidth(data.graph, features),
        classes: data.graph.numClasses,
        numLayers: settings.layers,
        features,
        classNames: data.graph.classNames,
        ...given({ hiddenChannels: settings.hidden, dropout: settings.dropout, numBases: settings.bases }),
        ...(architecture === 'rgcn' ? { numRelations: data.graph.numRelations } : {}),
      },
      defaultGenerator(),
    );
    const { epochs, learningRate } = nodeRecipes[model.config.architecture];
    context.print(
      `${settings.architecture}: ${model.parameterCount.toLocaleString('en')} parameters, ` +
        `${settings.epochs ?? epochs} epochs at ${settings.learningRate ?? learningRate}`,
    );
    return model;
  },
  train(model, { graph }, shared, settings) {
    const { batchSize: _, ...rest } = shared;
    return trainNodeClassification(model, graph, { ...rest, ...given({ sampling: samplingOf(settings) }) });
  },
  load: NodeClassifier.fromPretrained,
  async report(model, folder, { graph }, settings, context) {
    const split = graph.testMask?.includes(1) ? 'test' : graph.valMask?.includes(1) ? 'val' : 'train';
    const scores = await evaluateNodeClassification(model, graph, graph[`${split}Mask`], samplingOf(settings), context);
    context.print(`best checkpoint ${folder} on the ${scores.count} nodes of the ${split} split`);
    for (const line of scoreLines(scores, model.classNames)) context.print(line);
    await writeJson(join(settings.run, `scores-${split}.json`), { classes: model.classNames, ...scores });
    const curve = await writeCurve(settings.run, 'accuracy');
    if (curve !== null) context.print(`loss and accuracy drawn in ${curve}`);
  },
});
