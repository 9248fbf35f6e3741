import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Generator } from '@hourglass/core';
import { capability, testBackends, useTestBackend } from '@hourglass/core/testing';
import { readSound, writeSound } from '@hourglass/audio/node';
import { tasks } from '@hourglass/audio/tasks';
import { runCommand } from '@hourglass/testing';
import { drawAccompaniment, drawVoice } from '../support/voices.js';

const training = capability('fast enough to train');
const [backend] = testBackends('wasm');
const { train, evaluate, predict, info } = tasks.find(({ name }) => name === 'enhancement')!.commands;
const folder = mkdtempSync(join(tmpdir(), 'enhancement-'));
const at = (name: string): string => join(folder, name);
// frames of 40 ms are short here
const sampleRate = 800;

beforeAll(async () => {
  await useTestBackend('wasm');
  const generator = new Generator(1);
  for (let i = 0; i < 20; i++) {
    await writeSound(at(`clean/${i < 16 ? 'train' : 'test'}/${i}.wav`), drawVoice(generator, 1, sampleRate));
  }
  for (let i = 0; i < 2; i++) await writeSound(at(`noise/${i}.wav`), drawAccompaniment(generator, 2, sampleRate));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
});

describe.skipIf(training.isMissing)(training.title('hourglass … enhancement'), () => {
  const quick = { backend, data: at('clean'), seconds: 0.2, examples: 6, validationExamples: 4, epochs: 2 };

  it.each([undefined, at('noise')])('trains with noise %s, scores, and takes noise out of files', async (noise) => {
    const before = tf.memory().numTensors;
    const run = at(noise === undefined ? 'run' : 'run-noise');
    const lines = await runCommand(train!, { options: { ...quick, noise, run } });
    expect(lines.join('\n')).toMatch(/0\.2 s at 800 Hz, noise of .* at 0 to 15 dB[\s\S]*SI-SDR improvement/);
    const scores = JSON.parse(readFileSync(join(run, 'test-scores.json'), 'utf8')) as Record<string, number>;
    expect(scores).toMatchObject({ examples: 200 });
    const shared = { model: run, backend };
    await runCommand(evaluate!, {
      options: { ...shared, data: at('clean'), noise, seconds: 0.2, json: at('again.json') },
    });
    expect(JSON.parse(readFileSync(at('again.json'), 'utf8'))).toEqual({ split: 'test', ...scores });
    const noisy = at('clean/test/17.wav');
    await runCommand(predict!, { options: { ...shared, chunk: 0.3, overlap: 0.1, out: at('out') }, args: [noisy] });
    const [given, made] = [await readSound(noisy), await readSound(at('out/17.wav'))];
    expect(made.channels[0]!.length).toBe(given.channels[0]!.length);
    expect((await runCommand(info!, { options: shared })).join('\n')).toMatch(/800 Hz/);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says what is wrong with data and options', async () => {
    const failing = (options: object) =>
      expect(runCommand(train!, { options: { ...quick, run: at('x'), ...options } }));
    await failing({ data: at('nowhere') }).rejects.toThrow(/nowhere/);
    await failing({ snrMin: 10, snrMax: 5 }).rejects.toThrow(/two values in order, got 10, 5/);
  });
});
