import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { findInputs, listFolder, writeJson } from '@hourglass/core/node';
import { Linear, type OptionSpec, type TaskContext } from '@hourglass/core';
import { checkpointOf, defineEvaluateCommand, inRunFolder, settingsOf } from '@hourglass/core/tasks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hourglass-tasks-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

describe('the folder of a run', () => {
  const settings = { run: '', resume: false, epochs: 3 };
  const options = {
    epochs: { kind: 'integer', description: '', default: 9 },
    data: { kind: 'text', description: '' },
    backend: { kind: 'text', description: '', default: 'auto' },
  } as const;

  it('keeps the settings, and gives them back to a run that goes on', async () => {
    const run = at('run');
    await inRunFolder({ ...settings, run }, () => Promise.resolve());
    expect(JSON.parse(readFileSync(join(run, 'settings.json'), 'utf8'))).toEqual({ ...settings, run });
    expect(settingsOf({ run, resume: true, epochs: 9 }, options)).toEqual({ run, resume: true, epochs: 3 });
    expect(() => settingsOf({ ...settings, run }, options)).toThrow(/holds a run already: go on with --resume/);
    expect(() => settingsOf({ run, resume: true, epochs: 7 }, options)).toThrow(
      /has --epochs 3, and keeps it; leave --epochs 7 out/,
    );
    expect(settingsOf({ run, resume: true, epochs: 3, data: 'moved', backend: 'cpu' }, options)).toMatchObject({
      data: 'moved',
      backend: 'cpu',
    });
  });

  it('is gone when a run fails before its first checkpoint, but not what lay there before', async () => {
    const fail = (): Promise<never> => Promise.reject(new Error('no such column'));
    await expect(inRunFolder({ ...settings, run: at('new') }, fail)).rejects.toThrow('no such column');
    expect(existsSync(at('new'))).toBe(false);
    mkdirSync(at('mine'));
    writeFileSync(at('mine/notes.txt'), 'mine');
    await expect(inRunFolder({ ...settings, run: at('mine') }, fail)).rejects.toThrow('no such column');
    expect(readdirSync(at('mine'))).toEqual(['notes.txt']);
  });

  it('says what is missing or damaged', async () => {
    expect(() => settingsOf({ run: folder, resume: true }, {})).toThrow(/holds no run to resume/);
    writeFileSync(at('settings.json'), '{');
    expect(() => settingsOf({ run: folder, resume: true }, {})).toThrow(/settings\.json: is damaged: not valid JSON/);
    await expect(checkpointOf(folder, 'best')).rejects.toThrow(/holds neither a model nor a run with a checkpoint/);
  });
});

describe('an evaluate command', () => {
  const seen: object[] = [];
  const command = defineEvaluateCommand({
    description: '',
    options: {
      split: { kind: 'text', description: '', default: 'test' },
      seed: { kind: 'integer', description: 'of the splits', default: 0 },
    },
    ofRun: ['seed'],
    open: async ({ split, seed }) => seen.push({ split, seed }),
    load: async () => new Linear(1, 1),
    score: (model) => ({ lines: [`${model.parameterCount} parameters`], json: { parameters: model.parameterCount } }),
  });
  const run = async (options: object): Promise<string[]> => {
    const lines: string[] = [];
    const context: TaskContext = { print: (line) => lines.push(line), signal: new AbortController().signal };
    const given = { checkpoint: 'best', backend: 'cpu', split: 'test', ...options };
    await command.run(given as never, [], context);
    return lines;
  };

  it('holds back what the training of its model did, prints and writes', async () => {
    const model = at('run/checkpoints/step-00000001');
    await writeJson(at('run/settings.json'), { seed: 7, split: 'train' });
    await writeJson(join(model, 'model.safetensors'), {});
    expect((await run({ model, json: at('scores.json') })).at(-1)).toBe('2 parameters');
    expect(JSON.parse(readFileSync(at('scores.json'), 'utf8'))).toEqual({ parameters: 2 });
    await run({ model, seed: 3 });
    await writeJson(at('settings.json'), { seed: 9 });
    await writeJson(at('alone/model.safetensors'), {});
    await run({ model: at('alone') });
    expect(seen).toEqual([7, 3, 0].map((seed) => ({ split: 'test', seed })));
    const { seed } = command.options as Readonly<Record<string, OptionSpec>>;
    expect(seed).toEqual({ kind: 'integer', description: "of the splits (default: the run's, else 0)" });
    // before any data is opened
    await expect(run({ model: folder })).rejects.toThrow(/holds neither a model nor a run/);
    expect(seen.length).toBe(3);
  });
});

describe('files that arguments name', () => {
  const kind = {
    plural: 'tables',
    suffix: '-out.csv',
    list: async (path: string) => (await listFolder(path)).map(({ name }) => name),
  };

  it('are found in folders and by globs, each once, under names of their own', async () => {
    for (const name of ['a.csv', 'b.csv']) writeFileSync(at(name), '');
    await writeJson(at('deep/c.json'), {});
    const names = async (...args: string[]): Promise<string[]> =>
      (await findInputs(args, kind)).map(({ path, name }) => `${relative(folder, path)} ${name}`);
    expect(await names(at('a.csv'), at('*.csv'))).toEqual(['a.csv a', 'b.csv b']);
    expect(await names(at('deep'))).toEqual(['deep/c.json c']);
    writeFileSync(at('a.json'), '');
    await expect(names(at('a.csv'), at('a.json'))).rejects.toThrow(/would both be written as a-out\.csv/);
  });

  it('are missed with the reason', async () => {
    mkdirSync(at('empty'));
    await expect(findInputs([at('empty')], kind)).rejects.toThrow(/empty: holds no tables/);
    await expect(findInputs([at('gone*')], kind)).rejects.toThrow(/as a glob it matches nothing/);
  });
});
