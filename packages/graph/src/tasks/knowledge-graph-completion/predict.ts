import { readFileSync } from 'node:fs';
import { check, defineCommand, InvalidArgumentError } from '@hourglass/core';
import { fileError } from '@hourglass/core/node';
import { backendOption, checkpointOption, modelOption, outOption, withModel } from '@hourglass/core/tasks';
import type { KnowledgeGraph } from '../../node/index.js';
import { answerQueries, loadTripleModel, withTripleScorer, type TripleQuery } from '../../prediction/index.js';
import { writeCsv } from '../shared/csv.js';
import { allTriples, dataOption, openKnowledgeGraph } from './data.js';

export const predictCommand = defineCommand({
  description:
    'complete triples: the likeliest tails of a head and relation, or heads of a relation and tail; writes a table',
  options: {
    data: dataOption,
    model: modelOption,
    checkpoint: checkpointOption,
    head: { kind: 'text', placeholder: 'ENTITY', description: 'ask for tails of this entity, by name or id' },
    relation: { kind: 'text', placeholder: 'RELATION', description: 'of the question, by name or id' },
    tail: { kind: 'text', placeholder: 'ENTITY', description: 'ask for heads instead', conflicts: ['head'] },
    queries: {
      kind: 'text',
      placeholder: 'FILE',
      description: "many questions: triples a line, separated by tabs, with '?' for the head or the tail",
      conflicts: ['head', 'relation', 'tail'],
    },
    top: { kind: 'integer', description: 'answers to each', default: 10, min: 1 },
    withKnown: { kind: 'flag', description: 'answers that the data hold as well' },
    out: outOption('the table goes', 'file', 'predictions.csv'),
    backend: backendOption,
  },
  async run(options, _args, context) {
    await withModel(options, context, loadTripleModel, async (model) => {
      const graph = await openKnowledgeGraph(options.data);
      const queries = queriesOf(options, graph);
      const answers = await withTripleScorer(model, graph.train, graph.numRelations, (scorer) =>
        answerQueries(scorer, queries, {
          top: options.top,
          known: options.withKnown ? [] : allTriples(graph),
          ...context,
        }),
      );
      const name = (entity: number): string | number => graph.entityNames?.[entity] ?? entity;
      const rows = queries.flatMap(({ asks, entity, relation }, i) =>
        answers[i]!.map(({ entity: answer, score }, place) => {
          const [head, tail] = asks === 'tail' ? [entity, answer] : [answer, entity];
          return [name(head), graph.relationNames?.[relation] ?? relation, name(tail), place + 1, score.toFixed(4)];
        }),
      );
      await writeCsv(options.out, ['head', 'relation', 'tail', 'rank', 'score'], rows);
      // of one question one wants to see the answers
      if (queries.length === 1) for (const row of rows.slice(0, 10)) context.print(row.join('  '));
      context.print(`${queries.length} questions, ${rows.length} answers -> ${options.out}`);
    });
  },
});

interface Asked {
  readonly head?: string | undefined;
  readonly relation?: string | undefined;
  readonly tail?: string | undefined;
  readonly queries?: string | undefined;
}

/** @throws InvalidArgumentError when a question asks nothing, or names what the graph does not have */
function queriesOf({ head, relation, tail, queries: file }: Asked, graph: KnowledgeGraph): TripleQuery[] {
  const entity = lookUp('entity', graph.entityNames, graph.numEntities);
  const relationOf = lookUp('relation', graph.relationNames, graph.numRelations);
  const query = (where: string, head: string, relation: string, tail: string): TripleQuery => {
    check((head === '?') !== (tail === '?'), () => `${where} asks for the head or for the tail: one of the two is '?'`);
    return head === '?'
      ? { asks: 'head', entity: entity(tail, where), relation: relationOf(relation, where) }
      : { asks: 'tail', entity: entity(head, where), relation: relationOf(relation, where) };
  };
  if (file === undefined) {
    if (relation === undefined || (head === undefined) === (tail === undefined)) {
      throw new InvalidArgumentError(
        'say what is asked: --relation with --head or with --tail, or --queries with a file of them',
      );
    }
    return [query('the question', head ?? '?', relation, tail ?? '?')];
  }
  const lines = readLinesOf(file).flatMap((line, i) => (line.trim() === '' ? [] : [[line, i + 1] as const]));
  check(lines.length > 0, () => `${file} holds no questions`);
  return lines.map(([line, number]) => {
    const fields = line.split('\t');
    const where = `${file}, line ${number}`;
    check(
      fields.length === 3,
      () => `${where} has ${fields.length} fields; a question is head, relation and tail, separated by tabs`,
    );
    return query(where, fields[0]!, fields[1]!, fields[2]!);
  });
}

function readLinesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/);
  } catch (error) {
    throw fileError(file, error);
  }
}

/** Numbers by name, or by themselves. */
function lookUp(what: string, names: readonly string[] | null, count: number): (text: string, where: string) => number {
  const byName = new Map(names?.map((name, id) => [name, id]));
  return (text, where) => {
    const id = byName.get(text) ?? (/^\d{1,10}$/.test(text) ? Number(text) : -1);
    check(id >= 0 && id < count, () => `${where}: there is no ${what} '${text.slice(0, 60)}' among ${count}`);
    return id;
  };
}
