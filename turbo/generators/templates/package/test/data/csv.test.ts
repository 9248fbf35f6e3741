import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lengthOf, randomWindow, sequencesToTensor, statistics } from '@hourglass/__name__';
import { openSequences, readSequence, split, writeSequence } from '@hourglass/__name__/node';
import { Generator } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeAll(() => useTestBackend('wasm'));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hourglass-sequences-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

describe('CSV files', () => {
  it('are read with or without a heading, whatever separates them', async () => {
    writeFileSync(at('a.csv'), 'x,y\n1,2\n3,4.5\n');
    writeFileSync(at('b.csv'), '\uFEFF1;2\r\n3;4.5\r\n');
    for (const name of ['a.csv', 'b.csv']) {
      const { values, channels } = await readSequence(at(name));
      expect([channels, ...values]).toEqual([2, 1, 2, 3, 4.5]);
    }
  });

  it('are the same after writing and reading', async () => {
    const sequence = { name: 's', channels: 3, values: Float32Array.of(0.1, -2, 3e-8, 4, 5, 1 / 3) };
    await writeSequence(sequence, at('deep/s.csv'));
    expect((await readSequence(at('deep/s.csv'))).values).toEqual(sequence.values);
  });

  it.each([
    ['1,2\n3,x\n', /row 2: 'x' is no number/],
    ['t,y\n1,2\n3,\n', /row 3: '' is no number/],
    ['1,2\n3,NaN\n', /row 2: 'NaN' is no number/],
    ['1,2\n3,4,5\n', /row 2 has 3 columns, the first has 2/],
    ['', /is empty/],
    ['only,names\n', /holds no numbers/],
  ])('with an error are refused: %j', async (text, message) => {
    writeFileSync(at('odd.csv'), text);
    await expect(readSequence(at('odd.csv'))).rejects.toThrow(message);
    await expect(readSequence(at('odd.csv'))).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe('folders of sequences', () => {
  it('are split the same way each time, or as their own folders say', async () => {
    for (let i = 0; i < 10; i++) writeFileSync(at(`${i}.csv`), '1\n2\n');
    const [once, again] = [await openSequences(folder), await openSequences(folder)];
    expect([once.train.length, once.val.length, once.test.length]).toEqual([8, 1, 1]);
    expect(again).toEqual(once);
    for (const part of ['train', 'test']) {
      mkdirSync(at(part));
      writeFileSync(at(`${part}/0.csv`), '1\n');
    }
    const own = await openSequences(folder);
    expect([own.train.length, own.val.length, own.test.length]).toEqual([1, 0, 1]);
    expect(split([1, 2])).toEqual({ train: expect.arrayContaining([1, 2]) as number[], val: [], test: [] });
  });

  it('without sequences, or with different channels, are refused', async () => {
    await expect(openSequences(at('gone'))).rejects.toThrow(/gone: does not exist/);
    await expect(openSequences(folder)).rejects.toThrow(/holds no CSV files/);
    writeFileSync(at('a.csv'), '1,2\n');
    writeFileSync(at('b.csv'), '1\n');
    await expect(openSequences(folder)).rejects.toThrow(/has 1 channels.*has 2|has 2 channels.*has 1/);
  });
});

describe('batches', () => {
  const sequence = { name: 's', channels: 2, values: Float32Array.of(1, 5, 3, 5, 5, 5) };

  it('are normalised; a channel that never changes stays finite', () => {
    const { mean, std } = statistics([sequence]);
    expect([...mean, std[1]]).toEqual([3, 5, 1]);
    const x = sequencesToTensor([sequence], { mean, std, window: null });
    expect(x.shape).toEqual([1, 3, 2]);
    const values = [...x.dataSync()];
    expect(values[0]).toBeCloseTo(-Math.sqrt(1.5));
    expect(values[1]).toBe(0);
    x.dispose();
  });

  it('take windows from anywhere, and say when a sequence is too short', () => {
    const starts = new Set<number>();
    for (let seed = 0; seed < 30; seed++) {
      const part = randomWindow(sequence, 2, new Generator(seed));
      expect(lengthOf(part)).toBe(2);
      starts.add(part.values[0]!);
    }
    expect(starts).toEqual(new Set([1, 3]));
    expect(() => randomWindow(sequence, 4, new Generator(1))).toThrow(/s has 3 steps, windows of 4 were asked for/);
  });
});
