import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalogueSize, collectPapers, renderPapers } from './collect.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const catalogue = join(root, '../shared/papers/catalog.tsv');

describe('the papers of this repository', () => {
  it('have their exports and tests, and docs/papers.md is up to date', async () => {
    const { papers, problems } = await collectPapers(root);
    expect(problems).toEqual([]);
    expect(readFileSync(join(root, 'docs/papers.md'), 'utf8')).toBe(renderPapers(papers));
  });

  it.skipIf(!existsSync(catalogue))('carry the titles of the catalogue (skipped without it)', async () => {
    const rows = readFileSync(catalogue, 'utf8').trim().split('\n').slice(1);
    const titles = new Map(rows.map((row) => row.split('\t').slice(0, 2) as [string, string]));
    expect(titles.size).toBe(catalogueSize);
    const { papers } = await collectPapers(root);
    expect(papers.map(({ number, title }) => [number, title])).toEqual(
      papers.map(({ number }) => [number, titles.get(number)]),
    );
  });
});

describe('gathering papers fails on', () => {
  let copy: string;
  const paper = { number: '054', title: 'T', exports: ['fcn'], test: 'test/fcn.test.ts', testName: 'sharpens' };
  const write = (papers: unknown, index = 'export const fcn = 1;\n', test = "it('sharpens', () => {});\n"): void => {
    writeFileSync(join(copy, 'packages/vision/src/papers.ts'), `export const papers = ${JSON.stringify(papers)};\n`);
    writeFileSync(join(copy, 'packages/vision/src/index.ts'), index);
    writeFileSync(join(copy, 'packages/vision/test/fcn.test.ts'), test);
  };
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'hourglass-papers-'));
    for (const folder of ['src', 'test']) mkdirSync(join(copy, 'packages/vision', folder), { recursive: true });
    writeFileSync(join(copy, 'package.json'), '{ "type": "module" }\n');
  });
  afterEach(() => rmSync(copy, { recursive: true, force: true }));

  it('nothing when all is there', async () => {
    write([paper]);
    expect((await collectPapers(copy)).problems).toEqual([]);
  });

  it('a missing export', async () => {
    write([paper], 'export const unet = 1;\n');
    expect((await collectPapers(copy)).problems).toEqual([expect.stringContaining("exports no 'fcn'")]);
  });

  it('a missing test file', async () => {
    write([{ ...paper, test: 'test/gone.test.ts' }]);
    expect((await collectPapers(copy)).problems).toEqual([expect.stringContaining('no test file test/gone.test.ts')]);
  });

  it('a test that is skipped', async () => {
    write([paper], undefined, "it.skip('sharpens', () => {});\n");
    expect((await collectPapers(copy)).problems).toEqual([expect.stringContaining("no running test named 'sharpens'")]);
  });

  it('a number outside the catalogue, and one listed twice', async () => {
    write([{ ...paper, number: '550' }, paper, paper]);
    expect((await collectPapers(copy)).problems).toEqual([
      expect.stringContaining('is no number of the catalogue'),
      expect.stringContaining('packages/vision lists it too'),
    ]);
  });
});
