import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { findInputs, listFolder, writeJson } from '@hourglass/core/node';
import { checkpointOf, inRunFolder, settingsOf } from '@hourglass/core/tasks';
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
