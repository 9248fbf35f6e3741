import { join } from 'node:path';
import { check, defaultGenerator, type OptionValues } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import { defineTrainCommand, given, runOptions, trainingOptions } from '@hourglass/core/tasks';
import type { GraphData } from '../../data/graph.js';
import { createGraphAutoencoder, encoderConvs, GAE, type GraphAutoencoderConfig } from '../../models/index.js';
import { evaluateLinkPrediction, trainLinkPrediction, type TrainLinkPredictionOptions } from '../../training/index.js';
import { writeCurve } from '../shared/curve.js';
import { describeGraph } from '../shared/data.js';
import {
  featuresOption,
  keepSetup,
  linkOptions,
  linksIn,
  openLinks,
  setupFor,
  splitLinks,
  type LinkData,
  type LinkSetup,
} from './options.js';
import { linkScoreLines } from './scores.js';

const kinds = ['gae', 'vgae', 'arga', 'argva'] as const;
// a step takes the whole graph
const { batchSize: _, ...training } = trainingOptions({
  examples: 'links',
  score: 'AUC',
  epochs: 200,
  learningRate: 0.01,
  weightDecay: 0,
});

const options = {
  ...linkOptions,
  ...runOptions('link-prediction'),
  kind: { kind: 'text', description: 'autoencoder', choices: kinds, default: 'gae' },
  encoder: {
    kind: 'text',
    description: 'convolutions of the encoder',
    choices: Object.keys(encoderConvs),
    default: 'gcn',
  },
  hidden: { kind: 'integer', description: 'width of the hidden layer', default: 32, min: 1 },
  channels: { kind: 'integer', description: 'width of the embedding', default: 16, min: 1 },
  dropout: { kind: 'number', description: 'dropout', default: 0, min: 0, max: 0.99 },
  features: featuresOption,
  loss: {
    kind: 'text',
    description: 'all pairs of nodes, or drawn ones (default: all up to 5,000 nodes)',
    choices: ['full', 'sampled'],
  },
  valShare: { kind: 'number', description: 'share of the links to validate on', default: 0.05, min: 0, max: 0.45 },
  testShare: { kind: 'number', description: 'share of the links for the test', default: 0.1, min: 0, max: 0.45 },
  ...training,
  learningRate: { ...training.learningRate, description: 'learning rate of Adam' },
  weightDecay: { ...training.weightDecay, description: 'L2 penalty of Adam' },
} as const;

type Settings = OptionValues<typeof options>;

interface Data extends LinkData {
  readonly given: GraphData;
  readonly setup: LinkSetup;
}

export const trainCommand = defineTrainCommand({
  task: 'link-prediction',
  description: 'train an autoencoder on the links of a graph, some of which are held back',
  options,
  unit: 'steps',
  async open(settings: Settings): Promise<Data> {
    const given = await openLinks(settings);
    const setup = setupFor(given, settings);
    const split = splitLinks(given, setup);
    check(split.graph.numEdges > 0, () => `${settings.data} has too few links to hold some back`);
    return { given, setup, ...split };
  },
  async begin({ given: graph, setup, graph: seen, val, test }, settings, context) {
    describeGraph(graph, context);
    context.print(
      `${seen.numEdges / 2} links to train on, ${linksIn(val)} to validate on, ${linksIn(test)} for the test; as many pairs without one`,
    );
    const config: GraphAutoencoderConfig = {
      kind: settings.kind as (typeof kinds)[number],
      encoder: {
        type: settings.encoder,
        inChannels: setup.inChannels,
        hiddenChannels: [settings.hidden],
        outChannels: settings.channels,
        dropout: settings.dropout,
      },
    };
    const model = createGraphAutoencoder(config, defaultGenerator());
    keepSetup(model, setup);
    context.print(`${settings.kind} with ${settings.encoder}: ${model.parameterCount.toLocaleString('en')} parameters`);
    return model;
  },
  train(model, { graph, val }, shared, settings) {
    const hasVal = linksIn(val) > 0;
    return trainLinkPrediction(model, graph, {
      ...shared,
      ...given({ loss: settings.loss as TrainLinkPredictionOptions['loss'], validation: hasVal ? val : undefined }),
    });
  },
  load: GAE.fromPretrained,
  async report(model, folder, { graph, val, test }, settings, context) {
    const [split, pairs] = linksIn(test) > 0 ? (['test', test] as const) : (['val', val] as const);
    if (linksIn(pairs) === 0) return;
    const scores = await evaluateLinkPrediction(model, pairs);
    context.print(`best checkpoint ${folder} on the ${linksIn(pairs)} links of the ${split} split`);
    for (const line of linkScoreLines(scores)) context.print(line);
    await writeJson(join(settings.run, `scores-${split}.json`), { links: linksIn(pairs), ...scores });
    const curve = await writeCurve(settings.run, 'auc');
    if (curve !== null) context.print(`loss and AUC drawn in ${curve}`);
    graph.dispose();
  },
});
