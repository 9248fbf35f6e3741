import {
  CheckpointStore,
  fit,
  Generator,
  loadCheckpoint,
  loadTrainingState,
  openCheckpoint,
  stateDict,
} from '@hourglass/core';
import { capability, useTestBackend } from '@hourglass/core/testing';
import { platform } from '#platform';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Net, points, setUp } from './helpers.js';

const training = capability('fast enough to train');
const script = fileURLToPath(new URL('killed-run.ts', import.meta.url));
const steps = 70;

/** Runs the script, and kills it so many milliseconds after its first step; without a delay it may finish. */
function child(
  folder: string,
  delay: number | null,
): Promise<{ code: number | null; signal: string | null; errors: string }> {
  return new Promise((resolve) => {
    const args = [
      '--conditions=@hourglass/source',
      '--import',
      import.meta.resolve('tsx'),
      script,
      folder,
      String(steps),
    ];
    const { NODE_OPTIONS: _, ...env } = process.env;
    const process_ = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    process_.stderr.on('data', (data: Buffer) => (errors += String(data)));
    process_.stdout.once('data', () => {
      if (delay !== null) setTimeout(() => process_.kill('SIGKILL'), delay);
    });
    process_.stdout.resume();
    process_.on('close', (code, signal) => resolve({ code, signal, errors }));
  });
}

/** The checkpoint that the pointer names is whole, and fits the metrics file. Returns its step. */
async function expectWhole(folder: string): Promise<number> {
  const pointer = JSON.parse(readFileSync(join(folder, 'checkpoints/pointer.json'), 'utf8')) as { latest: string };
  const latest = join(folder, 'checkpoints', pointer.latest);
  const checkpoint = await openCheckpoint(latest);
  const model = new Net();
  await loadCheckpoint(model, checkpoint);
  await checkpoint.close();
  model.dispose();
  const { tensors, values } = await loadTrainingState(latest, platform.files!);
  for (const tensor of tensors.values()) tensor.dispose();
  const { step } = values['progress'] as { step: number };
  expect(pointer.latest).toBe(`step-${String(step).padStart(8, '0')}`);
  expect(statSync(join(folder, 'metrics.jsonl')).size).toBeGreaterThanOrEqual(values['metricsBytes'] as number);
  return step;
}

it.skipIf(training.isMissing)(
  training.title('a run killed ten times always goes on from a whole checkpoint, and ends as an unbroken one'),
  async () => {
    await useTestBackend('cpu');
    const root = mkdtempSync(join(tmpdir(), 'hourglass-'));
    try {
      const folder = join(root, 'killed');
      const generator = new Generator(1);
      const reached: number[] = [];
      for (let kill = 0; kill < 10; kill++) {
        const { signal, errors } = await child(folder, generator.uniform(0, 45));
        expect(signal, errors).toBe('SIGKILL');
        const hasCheckpoint = readdirSync(join(folder, 'checkpoints')).includes('pointer.json');
        reached.push(hasCheckpoint ? await expectWhole(folder) : 0);
      }
      expect(reached).toEqual(reached.toSorted((a, b) => a - b));
      const { code, errors } = await child(folder, null);
      expect(code, errors).toBe(0);
      expect(await expectWhole(folder)).toBe(steps);

      const { model, options } = setUp({ folder: join(root, 'unbroken'), validate: points(6, 8), ema: { decay: 0.9 } });
      const { epochs: _, ...rest } = options;
      const result = await fit(model, { ...rest, steps });
      expect(readFileSync(join(folder, 'metrics.jsonl'), 'utf8')).toBe(
        readFileSync(join(root, 'unbroken/metrics.jsonl'), 'utf8'),
      );
      const file = (name: string): Buffer => readFileSync(join(folder, 'checkpoints', `step-000000${steps}`, name));
      expect(file('model.safetensors')).toEqual(readFileSync(join(result.latestCheckpoint!, 'model.safetensors')));
      expect(file('training.safetensors')).toEqual(
        readFileSync(join(result.latestCheckpoint!, 'training.safetensors')),
      );
      expect(stateDict(model).size).toBe(9);
      expect(readdirSync(join(folder, 'checkpoints')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    } finally {
      rmSync(root, { recursive: true });
    }
  },
  180_000,
);

it('what a killed process left half-written is removed when the run is opened', async () => {
  const root = mkdtempSync(join(tmpdir(), 'hourglass-'));
  try {
    const files = platform.files!;
    const content = [
      ['x', (file: { write(bytes: Uint8Array): Promise<void> }) => file.write(Uint8Array.of(1))],
    ] as const;
    const store = await CheckpointStore.open(root, 2, files);
    await store.write(1, content, true);
    await store.write(2, content, false);
    for (const name of ['step-00000003.tmp', 'step-00000003', 'step-00000001.old.tmp']) {
      await files.makeFolder(join(root, name));
    }
    const again = await CheckpointStore.open(root, 2, files);
    expect(readdirSync(root)).toEqual(['pointer.json', 'step-00000001', 'step-00000002']);
    expect([again.latest, again.best]).toEqual([`${root}/step-00000002`, `${root}/step-00000001`]);
    await expect(again.write(2, content, false)).rejects.toThrow(/saved already/);
    await again.write(3, content, false);
    await again.write(4, content, false);
    expect(readdirSync(root)).toEqual(['pointer.json', 'step-00000001', 'step-00000003', 'step-00000004']);
  } finally {
    rmSync(root, { recursive: true });
  }
});
