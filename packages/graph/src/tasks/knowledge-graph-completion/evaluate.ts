import { check, defineCommand } from '@hourglass/core';
import { writeJson } from '@hourglass/core/node';
import { backendOption, checkpointOption, jsonOption, modelOption, withModel } from '@hourglass/core/tasks';
import { loadTripleModel } from '../../prediction/index.js';
import { dataOption, openKnowledgeGraph, splits, type SplitName } from './data.js';
import { rankingJson, rankingLines, rankSplit } from './scores.js';

export const evaluateCommand = defineCommand({
  description: 'rank the tail and the head of each triple among all entities, other true ones left out: MRR and Hits@k',
  options: {
    data: dataOption,
    model: modelOption,
    split: { kind: 'text', description: 'which triples', choices: splits, default: 'test' },
    checkpoint: checkpointOption,
    backend: backendOption,
    json: jsonOption,
  },
  async run(options, _args, context) {
    const graph = await openKnowledgeGraph(options.data);
    const split = options.split as SplitName;
    const count = graph[split].head.length;
    check(count > 0, () => `${options.data} has no ${split} triples`);
    await withModel(options, context, loadTripleModel, async (model) => {
      const ranking = await rankSplit(model, graph, split);
      context.print(`${count.toLocaleString('en')} triples of ${split}, filtered`);
      for (const line of rankingLines(ranking)) context.print(line);
      if (options.json !== undefined) await writeJson(options.json, { split, ...rankingJson(ranking) });
    });
  },
});
