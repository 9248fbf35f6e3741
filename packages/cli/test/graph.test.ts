import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '@hourglass/cli';
import { Generator, type TaskContext } from '@hourglass/core';
import { tasks } from '@hourglass/graph/tasks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const packages = [{ name: '@hourglass/graph', version: '0', folder: '', tasks }];
let folder: string;
let lines: string[];
let errors: string;

async function hourglass(command: string, signal = new AbortController().signal): Promise<number> {
  const context: TaskContext = { print: (line) => lines.push(line), signal };
  return main(command.replaceAll('@', `${folder}/`).split(' '), packages, context);
}

const at = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');

/** Three groups of people who mostly know each other, each edge once; `likes` says a little about the group. */
function writeGroups(name: string): void {
  const generator = new Generator(4);
  const people = 90;
  const nodes = ['id,likes,height,label'];
  for (let i = 0; i < people; i++) {
    nodes.push(
      `p${i},${((i % 3) + generator.normal(0, 1.5)).toFixed(3)},${generator.normal().toFixed(3)},${'abc'[i % 3]}`,
    );
  }
  const edges = ['source,target'];
  for (let u = 0; u < people; u++) {
    for (let v = u + 1; v < people; v++)
      if (generator.uniform() < (u % 3 === v % 3 ? 0.3 : 0.01)) edges.push(`p${u},p${v}`);
  }
  mkdirSync(at(name), { recursive: true });
  writeFileSync(at(`${name}/nodes.csv`), `${nodes.join('\n')}\n`);
  writeFileSync(at(`${name}/edges.csv`), `${edges.join('\n')}\n`);
}

/** Rings and stars of four to nine nodes. */
function writeShapes(name: string, count: number): void {
  const graphs = Array.from({ length: count }, (_, g) => {
    const nodes = 4 + (g % 6);
    const pairs = Array.from({ length: nodes - (g % 2) }, (_, i) => (g % 2 === 0 ? [i, (i + 1) % nodes] : [0, i + 1]));
    return { label: g % 2, numNodes: nodes, edges: pairs.flat() };
  });
  writeFileSync(at(name), JSON.stringify({ graphs }));
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hourglass-cli-'));
  writeGroups('groups');
  writeShapes('shapes.json', 60);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  [lines, errors] = [[], ''];
  vi.spyOn(console, 'error').mockImplementation((text: unknown) => void (errors += `${String(text)}\n`));
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
});
afterEach(() => void vi.restoreAllMocks());

const groups = '--data @groups --undirected --features raw --backend wasm';

describe('hourglass … node-classification', () => {
  const train = `train node-classification ${groups}`;

  it('trains on tables, and evaluates, predicts and explains with what it saved', async () => {
    expect(await hourglass(`${train} --run @nodes --epochs 60`)).toBe(0);
    expect(errors).toBe('');
    expect(lines.join('\n')).toMatch(/90 nodes, \d+ edges in both directions, 2 features, 3 classes/);
    expect(readdirSync(at('nodes'))).toEqual(
      expect.arrayContaining(['checkpoints', 'curve.svg', 'metrics.jsonl', 'scores-test.json', 'settings.json']),
    );
    const scores = JSON.parse(read('nodes/scores-test.json')) as { accuracy: number; classes: string[]; count: number };
    expect(scores).toMatchObject({ classes: ['a', 'b', 'c'], count: 18 });
    expect(scores.accuracy).toBeGreaterThan(0.8);
    expect(read('nodes/curve.svg')).toMatch(/<polyline points="\d[^"]{50}/);
    expect(
      await hourglass(
        `evaluate node-classification ${groups.replace(' --features raw', '')} --model @nodes --json @s.json`,
      ),
    ).toBe(0);
    expect((JSON.parse(read('s.json')) as typeof scores).accuracy).toBe(scores.accuracy);
    expect(
      await hourglass(
        `predict node-classification ${groups.replace(' --features raw', '')} --model @nodes --out @p.csv`,
      ),
    ).toBe(0);
    const [header, first] = read('p.csv').split('\n');
    expect([header, first]).toEqual(['node,class,probability', expect.stringMatching(/^p0,[abc],0\.\d{4}$/)]);
    lines = [];
    expect(await hourglass('info node-classification --model @nodes --backend wasm')).toBe(0);
    expect(lines.join('\n')).toMatch(/architecture +gcn, 2 layers[\s\S]*classes +3: a, b, c/);
  });

  it('trains on sampled neighbours, and goes on after a stop with the same result', async () => {
    const sampled = `${train} --architecture sage --fan-outs 5,5 --batch-size 16 --threads 1 --epochs 4`;
    expect(await hourglass(`${sampled} --run @whole`)).toBe(0);
    const stop = new AbortController();
    const stopping = hourglass(`${sampled} --run @part`, stop.signal);
    while (!existsSync(at('part/checkpoints')) || readdirSync(at('part/checkpoints')).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    stop.abort();
    expect(await stopping).toBe(130);
    expect(await hourglass(`${sampled} --run @part --resume`)).toBe(0);
    expect(read('part/scores-test.json')).toBe(read('whole/scores-test.json'));
  });

  it('says what is wrong', async () => {
    const fails = async (command: string, message: RegExp): Promise<void> => {
      errors = '';
      expect(await hourglass(command)).toBe(2);
      expect(errors).toMatch(message);
    };
    await fails('train node-classification --data @nowhere', /nowhere.*does not exist/);
    await fails(
      'train node-classification --data @groups/edges.csv --backend wasm',
      /its nodes have no classes; --label/,
    );
    await fails(`${train} --run @bad --fan-outs 5,x`, /fanOuts must hold a whole number/);
    expect(existsSync(at('bad'))).toBe(false);
    await fails(`evaluate node-classification --data @groups --model @shapes.json --backend wasm`, /shapes\.json/);
  });
});

describe('hourglass … link-prediction', () => {
  const links = '--data @groups --undirected --backend wasm';

  it('trains, is scored on the links it held back, and names missing ones', async () => {
    expect(await hourglass(`train link-prediction ${links} --run @links --epochs 60 --test-share 0.2`)).toBe(0);
    expect(errors).toBe('');
    const scores = JSON.parse(read('links/scores-test.json')) as { auc: number; ap: number };
    expect(scores.auc).toBeGreaterThan(0.7);
    expect(await hourglass(`evaluate link-prediction ${links} --model @links --json @l.json`)).toBe(0);
    expect(JSON.parse(read('l.json'))).toMatchObject(scores);
    expect(await hourglass(`predict link-prediction ${links} --model @links --top 5 --out @top.csv`)).toBe(0);
    const rows = read('top.csv')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    const edges = new Set(read('groups/edges.csv').split('\n'));
    expect(rows.length).toBe(5);
    for (const [u, v, score] of rows) expect([edges.has(`${u},${v}`), Number(score) > 0.5]).toEqual([false, true]);
    writeFileSync(at('pairs.csv'), 'p0,p3\np0,p1\n');
    expect(await hourglass(`predict link-prediction ${links} --model @links --pairs @pairs.csv --out @asked.csv`)).toBe(
      0,
    );
    expect(read('asked.csv')).toMatch(/^source,target,probability\np0,p3,0\.\d+\np0,p1,0\.\d+\n$/);
  });
});

describe('hourglass … graph-classification', () => {
  it('tells rings from stars by their degrees', async () => {
    const shapes = '--data @shapes.json --backend wasm';
    expect(
      await hourglass(`train graph-classification ${shapes} --run @shapes --epochs 10 --hidden 8 --layers 2`),
    ).toBe(0);
    expect(errors).toBe('');
    expect(JSON.parse(read('shapes/scores-test.json'))).toMatchObject({ fold: 0, accuracy: 1 });
    expect(await hourglass(`evaluate graph-classification ${shapes} --model @shapes --split all`)).toBe(0);
    expect(lines.join('\n')).toMatch(/60 graphs of the all split[\s\S]*accuracy +100\.00 %/);
    expect(await hourglass(`predict graph-classification ${shapes} --model @shapes --out @g.csv`)).toBe(0);
    expect(read('g.csv').trim().split('\n').length).toBe(61);
  });
});
