import { check } from '@hourglass/core';
import { defineEvaluateCommand } from '@hourglass/core/tasks';
import { loadTripleModel } from '../../prediction/index.js';
import { dataOption, openKnowledgeGraph, splits, type SplitName } from './data.js';
import { rankingJson, rankingLines, rankSplit } from './scores.js';

export const evaluateCommand = defineEvaluateCommand({
  description: 'rank the tail and the head of each triple among all entities, other true ones left out: MRR and Hits@k',
  options: {
    data: dataOption,
    split: { kind: 'text', description: 'which triples', choices: splits, default: 'test' },
  },
  async open({ data, split }) {
    const graph = await openKnowledgeGraph(data);
    check(graph[split as SplitName].head.length > 0, () => `${data} has no ${split} triples`);
    return graph;
  },
  load: loadTripleModel,
  async score(model, graph, options, context) {
    const split = options.split as SplitName;
    const ranking = await rankSplit(model, graph, split, context);
    const what = `${graph[split].head.length.toLocaleString('en')} triples of ${split}, filtered`;
    return { lines: [what, ...rankingLines(ranking)], json: { split, ...rankingJson(ranking) } };
  },
});
