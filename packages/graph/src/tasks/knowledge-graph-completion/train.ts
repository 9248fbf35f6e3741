import { join } from 'node:path';
import { defaultGenerator, type FitResult, type OptionValues } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import { defineTrainCommand, given, runOptions, trainingOptions } from '@hourglass/core/tasks';
import { ComplEx, DistMult, RelationalAutoencoder } from '../../models/index.js';
import type { KnowledgeGraph } from '../../node/index.js';
import { loadTripleModel, type TripleModel } from '../../prediction/index.js';
import { trainKnowledgeGraph, trainRelationalAutoencoder } from '../../training/index.js';
import { writeCurve } from '../shared/curve.js';
import { dataOption, openKnowledgeGraph } from './data.js';
import { completionModels, completionRecipes, nameOf, type CompletionModel } from './recipes.js';
import { namedScores, rankingJson, rankingLines, rankSplit } from './scores.js';

const { epochs, emaDecay, patience, checkpointEvery, seed, backend } = trainingOptions({
  examples: 'queries',
  score: 'MRR',
  epochs: 20,
});

const rgcn = { model: ['rgcn'] } as const;

const options = {
  data: dataOption,
  ...runOptions('knowledge-graph-completion'),
  model: {
    kind: 'text',
    description: 'embeddings, or an R-GCN encoder of the graph with a DistMult decoder',
    choices: completionModels,
    default: 'distmult',
  },
  width: { kind: 'integer', description: 'width of the embeddings', default: 200, min: 1 },
  layers: { kind: 'integer', description: 'number of layers', default: 2, min: 1, goesWith: rgcn },
  bases: {
    kind: 'integer',
    description: "of how many matrices the relations' are mixtures",
    min: 1,
    conflicts: ['blocks'],
    goesWith: rgcn,
  },
  blocks: {
    kind: 'integer',
    description: "how many blocks the relations' matrices have (default: 5 where it divides the width)",
    min: 1,
    goesWith: rgcn,
  },
  dropout: { kind: 'number', description: 'of hidden values', default: 0.2, min: 0, max: 0.99, goesWith: rgcn },
  edgeDropout: {
    kind: 'number',
    description: 'share of the triples that are not seen in a step, so that it learns to infer them',
    default: 0.5,
    min: 0,
    max: 0.99,
    goesWith: rgcn,
  },
  epochs,
  batchSize: {
    kind: 'integer',
    description: "queries at once, with all their answers (default: the model's)",
    min: 1,
    max: 65_536,
  },
  learningRate: { kind: 'number', description: "learning rate of Adagrad (default: the model's)", min: 0 },
  regularization: { kind: 'number', description: "weight of the N3 penalty (default: the model's)", min: 0 },
  weightDecay: { kind: 'number', description: 'L2 penalty of Adagrad', default: 0, min: 0 },
  validateEvery: { kind: 'integer', description: 'epochs between validations', default: 1, min: 1 },
  emaDecay,
  patience,
  checkpointEvery,
  seed,
  backend,
} as const;

type Settings = OptionValues<typeof options>;

export const trainCommand = defineTrainCommand({
  task: 'knowledge-graph-completion',
  description: 'train a model to find the tails of heads and relations, and the heads of relations and tails',
  options,
  unit: 'queries',
  async open(settings: Settings): Promise<KnowledgeGraph> {
    return await openKnowledgeGraph(settings.data);
  },
  async begin(graph, settings, context) {
    const { numEntities, numRelations, train, valid, test } = graph;
    const counts = [numEntities, numRelations, train.head.length, valid.head.length, test.head.length];
    const [entities, relations, toTrain, toValidate, toTest] = counts.map((count) => count.toLocaleString('en'));
    context.print(
      `${entities} entities, ${relations} relations; ${toTrain} triples to train on, ${toValidate} to validate on, ${toTest} for the test`,
    );
    const model = makeModel(graph, settings);
    context.print(`${nameOf(model)}: ${model.parameterCount.toLocaleString('en')} parameters`);
    return model;
  },
  train(model, graph, shared, settings): Promise<FitResult> {
    const { epochs: _, run, resume, patience, emaDecay, fit, ...rest } = shared;
    const common = {
      ...completionRecipes[settings.model as CompletionModel],
      ...rest,
      ...given({ regularization: settings.regularization }),
      epochs: settings.epochs,
      folder: run!,
      resume: resume!,
      ...(emaDecay === undefined ? {} : { ema: { decay: emaDecay } }),
      save: { config: model.checkpointConfig() },
      ...(graph.valid.head.length === 0
        ? {}
        : {
            validate: async (trained: TripleModel) => namedScores(await rankSplit(trained, graph, 'valid')),
            validateEvery: { epochs: settings.validateEvery },
          }),
      monitor: { metric: 'mrr', mode: 'max' as const, ...given({ patience }) },
    };
    if (!(model instanceof RelationalAutoencoder)) {
      return trainKnowledgeGraph(model, graph.train, { ...common, ...fit });
    }
    return trainRelationalAutoencoder(model, graph.train, {
      ...common,
      ...fit,
      edgeDropout: settings.edgeDropout,
    });
  },
  load: loadTripleModel,
  async report(model, folder, graph, settings, context) {
    context.print(`best checkpoint ${folder}; ranks among all entities, other true ones left out`);
    for (const split of ['valid', 'test'] as const) {
      const count = graph[split].head.length;
      if (count === 0) continue;
      const ranking = await rankSplit(model, graph, split, context);
      context.print(`${count.toLocaleString('en')} triples of ${split}`);
      for (const line of rankingLines(ranking)) context.print(line);
      await writeJson(join(settings.run, `scores-${split}.json`), rankingJson(ranking));
    }
    const curve = await writeCurve(settings.run, 'mrr');
    if (curve !== null) context.print(`loss and MRR drawn in ${curve}`);
  },
});

/** With a relation back for each of the graph's. */
function makeModel(graph: KnowledgeGraph, settings: Settings): TripleModel {
  const { width, layers: numLayers, bases, blocks, dropout } = settings;
  const sizes = {
    numNodes: graph.numEntities,
    numRelations: 2 * graph.numRelations,
    hiddenChannels: width,
    generator: defaultGenerator(),
  };
  if (settings.model === 'distmult') return new DistMult(sizes);
  if (settings.model === 'complex') return new ComplEx(sizes);
  const numBlocks = blocks ?? (bases === undefined && width % 5 === 0 ? 5 : undefined);
  return new RelationalAutoencoder({ ...sizes, numLayers, dropout, ...given({ numBases: bases, numBlocks }) });
}
