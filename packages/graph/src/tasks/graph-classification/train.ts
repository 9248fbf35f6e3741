import { join } from 'node:path';
import { defaultGenerator, type OptionValues } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import { defineTrainCommand, given, runOptions, trainingOptions } from '@hourglass/core/tasks';
import { featureKinds, featureWidth, type FeatureKind } from '../../models/features.js';
import {
  GraphClassifier,
  graphArchitectures,
  readouts,
  type GraphArchitecture,
  type Readout,
} from '../../models/graph-classifier.js';
import { evaluateGraphClassification, trainGraphClassification } from '../../training/index.js';
import { writeCurve } from '../shared/curve.js';
import { scoreLines } from '../shared/scores-table.js';
import { collectionOptions, foldOptions, openCollection, splitByFold, type Split } from './options.js';

const options = {
  ...collectionOptions,
  ...foldOptions,
  ...runOptions('graph-classification'),
  architecture: { kind: 'text', description: 'convolutions', choices: graphArchitectures, default: 'gin' },
  readout: { kind: 'text', description: "how a graph's nodes become one", choices: readouts, default: 'sum' },
  features: {
    kind: 'text',
    description:
      'features as they are, divided by their sum, or the degrees of nodes in their place (default: as they are, if there are any)',
    choices: featureKinds,
  },
  hidden: { kind: 'integer', description: 'width of hidden layers', default: 32, min: 1 },
  layers: { kind: 'integer', description: 'number of layers', default: 4, min: 1 },
  dropout: { kind: 'number', description: 'dropout', default: 0.5, min: 0, max: 0.99 },
  ...trainingOptions({ examples: 'graphs', score: 'accuracy', epochs: 100, batchSize: 32, learningRate: 0.005 }),
} as const;

type Settings = OptionValues<typeof options>;

export const trainCommand = defineTrainCommand({
  task: 'graph-classification',
  description: 'train a network to tell the classes of graphs',
  options,
  unit: 'graphs',
  async open(settings: Settings): Promise<Split> {
    return splitByFold(await openCollection(settings), settings);
  },
  async begin({ train, val, test }, settings, context) {
    const all = [...train, ...val, ...test];
    const features = (settings.features ?? (train[0]?.x == null ? 'degree' : 'raw')) as FeatureKind;
    const width = featureWidth(all, features);
    const classes = all.reduce((most, { numClasses }) => Math.max(most, numClasses), 0);
    context.print(
      `${train.length} graphs to train on, ${val.length} to validate on, ${test.length} for the test; ${width} features, ${classes} classes`,
    );
    const model = new GraphClassifier(
      {
        architecture: settings.architecture as GraphArchitecture,
        readout: settings.readout as Readout,
        inChannels: width,
        classes,
        hiddenChannels: settings.hidden,
        numLayers: settings.layers,
        dropout: settings.dropout,
        features,
        classNames: train[0]?.classNames ?? null,
      },
      defaultGenerator(),
    );
    context.print(`${settings.architecture}: ${model.parameterCount.toLocaleString('en')} parameters`);
    return model;
  },
  train: (model, { train, val }, shared) =>
    trainGraphClassification(model, train, { ...shared, ...given({ validation: val.length === 0 ? undefined : val }) }),
  load: GraphClassifier.fromPretrained,
  async report(model, folder, { test }, settings, context) {
    const scores = await evaluateGraphClassification(model, test, settings.batchSize, context);
    context.print(`checkpoint ${folder} on the ${test.length} graphs of fold ${settings.fold}`);
    for (const line of scoreLines(scores, model.classNames)) context.print(line);
    await writeJson(join(settings.run, 'scores-test.json'), {
      fold: settings.fold,
      classes: model.classNames,
      ...scores,
    });
    const curve = await writeCurve(settings.run, 'accuracy');
    if (curve !== null) context.print(`loss and accuracy drawn in ${curve}`);
  },
});
