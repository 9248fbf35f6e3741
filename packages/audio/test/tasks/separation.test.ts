import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OptionSpec, TaskCommand } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { listSounds, readSound, writeSound } from '@hourglass/audio/node';
import { tasks } from '@hourglass/audio/tasks';

let folder = '';

/** Spoken digits by their names: tones, one a speaker. */
beforeAll(async () => {
  await useTestBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'hourglass-separation-'));
  for (const [v, speaker] of ['anna', 'bert', 'carl'].entries()) {
    for (const index of [0, 1, 5, 6, 7, 8, 9, 10]) {
      const samples = Float32Array.from({ length: 400 }, (_, t) => 0.1 * Math.sin((t * (v + 1)) / 9 + index));
      const waveform = { channels: [samples], sampleRate: 8000 };
      await writeSound(join(folder, 'digits', `3_${speaker}_${index}.wav`), waveform);
    }
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const { commands, ownCommands } = tasks.find(({ name }) => name === 'separation')!;

/** Runs a command with its defaults and these options. */
async function run(command: TaskCommand, options: Record<string, unknown>, args: string[] = []): Promise<string[]> {
  const lines: string[] = [];
  const usual = Object.entries(command.options).map(([name, spec]: [string, OptionSpec]) => [
    name,
    spec.default ?? (spec.kind === 'flag' ? false : undefined),
  ]);
  await command.run({ ...Object.fromEntries(usual), backend: 'wasm', ...options }, args, {
    print: (line) => lines.push(line),
    signal: new AbortController().signal,
  });
  return lines;
}

it('trains, scores, describes and separates', async () => {
  const [data, model] = [join(folder, 'digits'), join(folder, 'run')];
  const few = { data, seconds: 0.1, seed: 1 };
  const trained = await run(commands.train!, {
    ...few,
    run: model,
    epochs: 1,
    mixtures: 2,
    validationMixtures: 2,
    testMixtures: 2,
  });
  expect(trained.join('\n')).toMatch(/mixtures of 2 of 3 voices \(anna, bert, carl\)/);
  expect(trained.join('\n')).toMatch(/2 mixtures of recordings that training never saw/);
  const json = join(folder, 'scores.json');
  const scores = await run(commands.evaluate!, { ...few, model, mixtures: 3, json });
  expect(scores.join('\n')).toMatch(/3 mixtures of 3 voices of the test split[\s\S]*SI-SDR improvement/);
  expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({ split: 'test', mixtures: 3 });
  expect((await run(commands.info!, { model })).join('\n')).toMatch(/conv-tasnet[\s\S]*mono, 8000 Hz/);

  const out = join(folder, 'separated');
  const inputs = [join(data, '3_anna_0.wav'), join(data, '3_bert_0.wav')];
  await run(
    ownCommands!['separate']!,
    { model, out, chunk: 0.03, overlap: 0.01, consistent: true, pictures: true },
    inputs,
  );
  expect(await listSounds(out)).toEqual(['3_anna_0-1.wav', '3_anna_0-2.wav', '3_bert_0-1.wav', '3_bert_0-2.wav']);
  expect(await readdir(out)).toContain('3_anna_0.png');
  const [mixture, ...sources] = await Promise.all(
    [inputs[0]!, join(out, '3_anna_0-1.wav'), join(out, '3_anna_0-2.wav')].map((path) => readSound(path)),
  );
  mixture!.channels[0]!.forEach((value, t) =>
    expect(sources[0]!.channels[0]![t]! + sources[1]!.channels[0]![t]!).toBeCloseTo(value, 4),
  );

  const short = join(folder, 'short.wav');
  await writeSound(short, { channels: [new Float32Array(3)], sampleRate: 8000 });
  const refused = run(ownCommands!['separate']!, { model, out }, [inputs[0]!, short]);
  await expect(refused).rejects.toThrow(/short\.wav: a sound of 3 samples is shorter than the filters/);
});

it('says which architectures there are', async () => {
  expect((await run(commands.info!, {})).join('\n')).toMatch(/conv-tasnet, dprnn/);
});
