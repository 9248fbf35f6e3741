import { check, defineCommand, progressed } from '@hourglass/core';
import { backendOption, checkpointOption, modelOption, outOption, withModel } from '@hourglass/core/tasks';
import type { GraphData } from '../../data/graph.js';
import { toUndirectedGraph } from '../../data/transforms/index.js';
import { withFeatures } from '../../models/features.js';
import { GAE } from '../../models/index.js';
import { openGraph } from '../../node/index.js';
import { EdgeSet } from '../../sampling/edge-set.js';
import type { PairList } from '../../sampling/index.js';
import { predictLinks } from '../../training/index.js';
import { writeCsv } from '../shared/csv.js';
import { linkOptions, openLinks, setupOf } from './options.js';

/** Pairs that are scored at once. */
const atOnce = 200_000;
/** With more nodes there are too many pairs to look at all of them. */
const mostNodes = 10_000;

export const predictCommand = defineCommand({
  description: 'predict links: the likeliest that are missing, or how likely given pairs are; writes a table',
  options: {
    ...linkOptions,
    model: modelOption,
    checkpoint: checkpointOption,
    pairs: {
      kind: 'text',
      placeholder: 'FILE',
      description: 'an edge list of pairs to score, instead of all without a link',
    },
    top: {
      kind: 'integer',
      description: 'how many of the likeliest pairs',
      default: 100,
      min: 1,
      conflicts: ['pairs'],
    },
    out: outOption('the table goes', 'file', 'predictions.csv'),
    backend: backendOption,
  },
  async run(options, _args, context) {
    await withModel(options, context, GAE.fromPretrained, async (model) => {
      const given = await openLinks(options);
      const { nodeNames } = given;
      const asked =
        options.pairs === undefined
          ? null
          : await openGraph(options.pairs, {
              layout: 'edge-list',
              ...(nodeNames === null ? { numNodes: given.numNodes } : { names: nodeNames }),
            });
      const { features, inChannels } = setupOf(model, options.model);
      const graph = withFeatures(toUndirectedGraph(given), features, inChannels);
      try {
        const rows: Row[] = [];
        for (const pairs of asked === null ? pairsWithoutLink(graph) : [asked.edgeIndex]) {
          const scores = await predictLinks(model, graph, pairs);
          scores.forEach((score, p) => rows.push([pairs[0][p]!, pairs[1][p]!, score]));
          if (asked === null) keepBest(rows, options.top);
          await progressed(context, (pairs[0].at(-1) ?? -1) + 1, graph.numNodes);
        }
        const name = (node: number): string | number => nodeNames?.[node] ?? node;
        await writeCsv(
          options.out,
          ['source', 'target', 'probability'],
          rows.map(([u, v, score]) => [name(u), name(v), score.toFixed(4)]),
        );
        context.print(`${rows.length} pairs -> ${options.out}`);
      } finally {
        graph.dispose();
      }
    });
  },
});

type Row = readonly [source: number, destination: number, score: number];

function keepBest(rows: Row[], count: number): void {
  rows.sort((a, b) => b[2] - a[2]);
  rows.length = Math.min(rows.length, count);
}

/** All pairs of an undirected graph without a link, some at a time. */
function* pairsWithoutLink(graph: GraphData): Generator<PairList, void, void> {
  const { numNodes } = graph;
  check(numNodes <= mostNodes, () => `${numNodes} nodes have too many pairs to look at; name some with --pairs`);
  const links = new EdgeSet(graph.edgeIndex, numNodes);
  let pairs: [number[], number[]] = [[], []];
  const take = (): PairList => [Int32Array.from(pairs[0]), Int32Array.from(pairs[1])];
  for (let u = 0; u < numNodes; u++) {
    for (let v = u + 1; v < numNodes; v++) {
      if (links.has(u, v)) continue;
      pairs[0].push(u);
      pairs[1].push(v);
    }
    if (pairs[0].length >= atOnce) {
      yield take();
      pairs = [[], []];
    }
  }
  if (pairs[0].length > 0) yield take();
}
