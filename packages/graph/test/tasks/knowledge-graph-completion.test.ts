import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findCheckpoint, Generator } from '@hourglass/core';
import { capability, testBackends, useTestBackend } from '@hourglass/core/testing';
import { loadTripleModel } from '@hourglass/graph';
import { tasks } from '@hourglass/graph/tasks';
import { runCommand } from '@hourglass/testing';
import { put, temporaryFolder } from '../files.js';

const training = capability('fast enough to train');
const [backend] = testBackends('wasm');
const { train, evaluate, predict, info } = tasks.find(({ name }) => name === 'knowledge-graph-completion')!.commands;
const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');

/** Who lives in a country speaks its language, which of some is not told. */
function writeCountries(): void {
  const generator = new Generator(2);
  const [people, countries] = [60, 5];
  const facts: string[] = [];
  const languages: string[] = [];
  for (let person = 0; person < people; person++) {
    const country = generator.integer(0, countries);
    facts.push(`person ${person}\tlives in\tcountry ${country}`);
    languages.push(`person ${person}\tspeaks\tlanguage ${country}`);
  }
  put(at('countries/train.tsv'), [...facts, ...languages.slice(20)].join('\n'));
  put(at('countries/valid.tsv'), languages.slice(0, 10).join('\n'));
  put(at('countries/test.tsv'), languages.slice(10, 20).join('\n'));
}
writeCountries();

const quick = { backend, data: at('countries'), epochs: 12, width: 16, batchSize: 64 };
type Scores = Record<'mrr' | 'hits@1' | 'hits@10' | 'count', number> & { tails: Scores };
const scoresOf = (name: string): Scores => JSON.parse(read(name)) as Scores;

beforeAll(() => useTestBackend('wasm'));
beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
});

describe.skipIf(training.isMissing)(training.title('hourglass … knowledge-graph-completion'), () => {
  it.each([
    ['distmult', {}],
    ['complex', {}],
    ['rgcn', { blocks: 4, learningRate: 0.05, epochs: 50 }],
    ['rgcn', { bases: 3, layers: 1, learningRate: 0.05, epochs: 30 }],
  ])('trains %s %o, scores, explains and completes', async (model, more) => {
    const run = `${model}-${Object.keys(more).join('-')}`;
    const before = tf.memory().numTensors;
    const lines = await runCommand(train!, { options: { ...quick, ...more, model, run: at(run) } });
    expect(lines.join('\n')).toMatch(
      /70 entities, 2 relations; 100 triples to train on, 10 to validate on, 10 for the test[\s\S]*10 triples of valid[\s\S]*10 triples of test\nall +MRR/,
    );
    expect(readdirSync(at(run))).toEqual(
      expect.arrayContaining(['checkpoints', 'curve.svg', 'metrics.jsonl', 'scores-test.json', 'scores-valid.json']),
    );
    const scores = scoresOf(`${run}/scores-test.json`);
    expect(scores.count).toBe(20);
    // one of five languages by chance, one of 70 entities for a model that has learnt nothing
    expect(scores.tails['hits@1']).toBeGreaterThan(model === 'rgcn' ? 0.6 : 0.3);
    const shared = { data: at('countries'), model: at(run), backend };
    await runCommand(evaluate!, { options: { ...shared, json: at('again.json') } });
    expect(scoresOf('again.json')).toMatchObject(scores);
    const question = { head: 'person 12', relation: 'speaks', top: 3, out: at('answers.csv') };
    const said = await runCommand(predict!, { options: { ...shared, ...question } });
    expect(said.at(-1)).toMatch(/1 questions, 3 answers/);
    expect(read('answers.csv')).toMatch(/^head,relation,tail,rank,score\nperson 12,speaks,\w+ \d+,1,-?\d+\.\d{4}\n/);
    expect((await runCommand(info!, { options: { model: at(run), backend } })).join('\n')).toMatch(
      /width +16\nentities +70\nrelations +4, with those that lead back/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('answers many questions, by names or ids, and leaves out what is known unless asked', async () => {
    await runCommand(train!, { options: { ...quick, run: at('asked') } });
    put(at('questions.tsv'), 'person 30\tlives in\t?\n?\t0\tcountry 1\n\n');
    const ask = async (withKnown: boolean): Promise<string[][]> => {
      const options = { data: at('countries'), model: at('asked'), backend, queries: at('questions.tsv') };
      await runCommand(predict!, { options: { ...options, top: 70, withKnown, out: at('many.csv') } });
      return read('many.csv')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','));
    };
    const facts = new Set(read('countries/train.tsv').split('\n'));
    const known = (rows: string[][]): string[][] => rows.filter((row) => facts.has(row.slice(0, 3).join('\t')));
    const [all, open] = [await ask(true), await ask(false)];
    expect(all.length).toBe(140);
    expect(known(open)).toEqual([]);
    expect(open.length).toBe(140 - known(all).length);
    // training triples are learnt by heart, so the one that is known comes first
    expect(facts.has(all[0]!.slice(0, 3).join('\t'))).toBe(true);
    const scores = all.slice(0, 70).map(([, , , , score]) => Number(score));
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(all.slice(70).every(([, relation, tail]) => relation === 'lives in' && tail === 'country 1')).toBe(true);
  });

  it.each(['distmult', 'rgcn'])('goes on with %s after a stop as if there had been none', async (model) => {
    const options = (run: string) => ({
      ...quick,
      model,
      run: at(`${run}-${model}`),
      epochs: 4,
      batchSize: 16,
      checkpointEvery: 5,
    });
    await runCommand(train!, { options: options('whole') });
    const metrics = at(`part-${model}/metrics.jsonl`);
    const stopWhen = (): boolean => existsSync(metrics) && statSync(metrics).size > 0;
    const lines = await runCommand(train!, { options: options('part'), stopWhen });
    expect(lines.at(-1)).toMatch(
      /stopped at step \d+; go on with: hourglass train knowledge-graph-completion .*--resume/,
    );
    await runCommand(train!, { options: { data: at('countries'), run: at(`part-${model}`), resume: true } });
    const weights = async (run: string): Promise<Buffer> =>
      readFileSync(join((await findCheckpoint(at(`${run}-${model}`), 'latest'))!, 'model.safetensors'));
    expect((await weights('part')).equals(await weights('whole'))).toBe(true);
  });
});

describe('what does not fit', () => {
  const fails = async (command: typeof train, options: Record<string, unknown>, message: RegExp): Promise<void> => {
    await expect(runCommand(command!, { options: { backend, ...options } })).rejects.toThrow(message);
  };

  it('is said before training', async () => {
    const options = { data: at('countries'), run: at('bad') };
    await fails(train, { ...options, model: 'rgcn', bases: 2, blocks: 2 }, /--bases or --blocks, not both/);
    await fails(train, { ...options, model: 'rgcn', width: 9, blocks: 2 }, /do not divide into 2 blocks/);
    put(at('empty/train.tsv'), '');
    await fails(train, { ...options, data: at('empty') }, /train has no triples/);
    put(at('list.csv'), '1,2\n');
    await fails(train, { ...options, data: at('list.csv') }, /holds no triples/);
    expect(existsSync(at('bad'))).toBe(false);
  });

  it('is said of questions, and of other graphs', async () => {
    const data = at('countries');
    await runCommand(train!, { options: { ...quick, epochs: 1, run: at('small') } });
    const ask = { data, model: at('small'), relation: 'speaks' };
    await fails(predict, { ...ask, head: 'nobody' }, /there is no entity 'nobody' among 70/);
    await fails(predict, { ...ask, head: 'person 1', relation: 'eats' }, /there is no relation 'eats' among 2/);
    await fails(predict, ask, /say what is asked/);
    await fails(predict, { ...ask, head: 'person 1', tail: 'language 1' }, /--tail or --head, not both/);
    put(at('bad.tsv'), '?\tspeaks\t?\n');
    await fails(
      predict,
      { ...ask, relation: undefined, queries: at('bad.tsv') },
      /line 1 asks for the head or for the tail/,
    );
    put(at('other/train.tsv'), 'a\tb\tc\nb\tc\td\na\td\te\n');
    await fails(evaluate, { data: at('other'), model: at('small') }, /has no test triples/);
    await fails(
      predict,
      { ...ask, data: at('other'), head: 'a', relation: 'b' },
      /knows 4 relations, .* the graph has 3/,
    );
    const model = await loadTripleModel((await findCheckpoint(at('small'), 'best'))!);
    expect(model.numRelations).toBe(4);
    model.dispose();
  });

  it('is said by link prediction, which is of one relation', async () => {
    const { train: trainLinks } = tasks.find(({ name }) => name === 'link-prediction')!.commands;
    await fails(
      trainLinks,
      { data: at('countries'), run: at('links') },
      /triples, links of 2 relations; the task for them is knowledge-graph-completion/,
    );
  });
});
