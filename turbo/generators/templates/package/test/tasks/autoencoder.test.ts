import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waves } from '@hourglass/__name__';
import { readSequence, writeSequence } from '@hourglass/__name__/node';
import { tasks } from '@hourglass/__name__/tasks';
import { findCheckpoint } from '@hourglass/core';
import { capability, testBackends } from '@hourglass/core/testing';
import { runCommand } from '@hourglass/testing';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const training = capability('fast enough to train');
const [backend] = testBackends('wasm');
const { train, evaluate, predict, info } = tasks[0]!.commands;

let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hourglass-autoencoder-'));
  for (const [i, wave] of waves({ count: 16, length: 40 }).entries()) await writeSequence(wave, at(`waves/${i}.csv`));
});
beforeEach(() => void vi.spyOn(process.stderr, 'write').mockImplementation(() => true));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quick = { backend, epochs: 3, batchSize: 4, width: 8 };

describe.skipIf(training.isMissing)(training.title('the task'), () => {
  it('trains, evaluates, explains and predicts', async () => {
    const options = { ...quick, data: at('waves'), run: at('run') };
    const lines = await runCommand(train!, { options });
    expect(lines.join('\n')).toMatch(/12 sequences to train on, 2 to validate on; 2 channels[\s\S]*explained variance/);
    expect(readdirSync(at('run'))).toEqual(
      expect.arrayContaining(['checkpoints', 'metrics.jsonl', 'scores.json', 'settings.json']),
    );
    const scored = { data: at('waves'), model: at('run'), split: 'all', json: at('scores.json'), backend };
    expect((await runCommand(evaluate!, { options: scored })).join('\n')).toMatch(/16 sequences[\s\S]*RMSE/);
    const { explained } = JSON.parse(readFileSync(at('scores.json'), 'utf8')) as { explained: number };
    expect(explained).toBeGreaterThan(0);
    const said = await runCommand(info!, { options: { model: at('run'), backend } });
    expect(said.join('\n')).toMatch(/4 numbers for 4 steps of 2[\s\S]*windows of 40 steps/);
    await runCommand(predict!, { options: { model: at('run'), out: at('out'), backend }, args: [at('waves')] });
    expect(readdirSync(at('out'))).toHaveLength(16);
    expect((await readSequence(at('out/0-reconstruction.csv'))).values).toHaveLength(80);
  });

  it('goes on after a stop as if there had been none', async () => {
    const options = (run: string) => ({ ...quick, data: at('waves'), run: at(run), checkpointEvery: 2 });
    await runCommand(train!, { options: options('whole') });
    const before = tf.memory().numTensors;
    const metrics = at('parts/metrics.jsonl');
    const stopWhen = (): boolean => existsSync(metrics) && statSync(metrics).size > 0;
    const lines = await runCommand(train!, { options: options('parts'), stopWhen });
    expect(lines.at(-1)).toMatch(/stopped at step \d+; go on with: hourglass train __name__-autoencoder .*--resume/);
    expect(tf.memory().numTensors).toBe(before);
    await runCommand(train!, { options: { run: at('parts'), resume: true } });
    const weights = async (run: string): Promise<Buffer> =>
      readFileSync(join((await findCheckpoint(at(run), 'latest'))!, 'model.safetensors'));
    expect((await weights('parts')).equals(await weights('whole'))).toBe(true);
  });

  it('trains on waves of its own without data', async () => {
    const lines = await runCommand(train!, { options: { ...quick, epochs: 1, batchSize: 16, run: at('waves-run') } });
    expect(lines.join('\n')).toMatch(/96 sequences to train on/);
  });

  it('refuses what cannot work, and leaves no run behind', async () => {
    const run = at('none');
    const fails = (more: object): Promise<string[]> => runCommand(train!, { options: { ...quick, run, ...more } });
    await expect(fails({ data: at('gone') })).rejects.toThrow(/gone: does not exist/);
    await expect(fails({ data: at('waves'), window: 41 })).rejects.toThrow(/has 40 steps, windows of 41/);
    await expect(fails({ resume: true })).rejects.toThrow(/holds no run to resume/);
    expect(existsSync(run)).toBe(false);
    writeFileSync(at('three.csv'), '1,2,3\n');
    const given = { options: { model: at('run'), out: at('out3'), backend }, args: [at('three.csv')] };
    await expect(runCommand(predict!, given)).rejects.toThrow(/has 3 channels, the model takes 2/);
  });
});
