import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { parseSafetensors, serializeSafetensors, useBackend, type BackendName } from '@hourglass/core';
import { findBinary } from '@hourglass/backend-native';
import type { ParityAdapter } from '@hourglass/core/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadAdapters } from './adapters.js';
import { readGoldenFolder } from './folder.js';
import { runFolder, type CaseResult } from './run.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const committed = join(root, 'test/goldens');
const collection = join(root, '../shared/goldens');
const hasCollection = existsSync(collection);

/** Folders of the collection that this repository's packages claim to know. */
const claimed = [
  /^layers\//,
  /^text\/torch_mha$/,
  /^vision\/(smp_.*|tv_fcn|tv_deeplabv3|tv_resnet_.*|resnet_hf)$/,
  /^graph\//,
  /^audio\/(ast|asteroid_.*|conformer|conv_tasnet|dac|deepspeech|emformer.*|encodec_.*|fastspeech2_conformer|fe_.*|hdemucs|hubert.*)$/,
  /^audio\/(mel_filter_banks|mimi|moonshine|oobleck|speech2text|speecht5_.*|stft_gradients|tacotron2.*|torchaudio_.*|wav2letter|wav2vec2_(ctc|pretraining|conformer)|wavlm|whisper)$/,
];

function foldersIn(goldens: string): string[] {
  return readdirSync(goldens, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((modality) => readdirSync(join(goldens, modality.name)).map((name) => `${modality.name}/${name}`))
    .sort();
}

function complaints(cases: readonly CaseResult[]): string[] {
  return cases.flatMap(({ id, op, known, error, checks }) => {
    const name = `${id} ${op}`.trim();
    if (!known) return [`${name}: unknown`];
    if (error !== undefined) return [`${name}: ${error}`];
    return checks
      .filter(({ ratio }) => !(ratio <= 1))
      .map((check) => `${name} ${check.name}: ${check.ratio} times the bound; ${check.note}`);
  });
}

const parityBackends: BackendName[] = (await findBinary()) !== null ? ['wasm', 'cpu', 'native'] : ['wasm', 'cpu'];

let adapters: ParityAdapter[];
beforeAll(async () => void (adapters = await loadAdapters()));

describe.each(parityBackends)('outputs and gradients equal the reference within the stated bounds on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  const source = hasCollection ? collection : committed;
  // plain JavaScript takes minutes for these, and computes nothing that the others do not
  const known = backend === 'cpu' ? claimed.filter((pattern) => !/graph|audio/.test(pattern.source)) : claimed;
  it.each(foldersIn(source).filter((name) => known.some((pattern) => pattern.test(name))))('%s', async (name) => {
    const before = tf.memory().numTensors;
    const cases = await runFolder(readGoldenFolder(join(source, name)), adapters);
    expect(complaints(cases)).toEqual([]);
    expect(cases.reduce((count, { checks }) => count + checks.length, 0)).toBeGreaterThan(0);
    expect(tf.memory().numTensors).toBe(before);
  });
});

it.skipIf(!hasCollection)('the committed golden files are those of the collection (skipped without it)', () => {
  for (const name of foldersIn(committed)) {
    for (const file of readdirSync(join(committed, name))) {
      expect(
        readFileSync(join(committed, name, file)).equals(readFileSync(join(collection, name, file))),
        `${name}/${file}`,
      ).toBe(true);
    }
  }
});

describe('npm run parity', () => {
  let copy: string;
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'hourglass-parity-'));
    cpSync(join(committed, 'vision/smp_losses_lovasz'), join(copy, 'lovasz'), { recursive: true });
  });
  afterEach(() => rmSync(copy, { recursive: true, force: true }));

  const parity = async (...args: string[]): Promise<{ code: number; output: string }> => {
    try {
      const { stdout, stderr } = await promisify(execFile)(
        process.execPath,
        ['scripts/dev.mjs', 'test/src/parity/cli.ts', '--backend', 'cpu', ...args],
        { cwd: root },
      );
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: stdout + stderr };
    }
  };

  it('exits with 0, prints a line a folder and writes JSON', async () => {
    const json = join(copy, 'out.json');
    const { code, output } = await parity('--json', json, join(copy, 'lovasz'));
    expect(code).toBe(0);
    expect(output).toMatch(/^ok .*lovasz {2}5 tensors, worst ratio to bound 0\.\d+/m);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject([{ ok: true, known: true }]);
  });

  it('exits with 1 when one value is off by more than its bound, and names it', async () => {
    const path = join(copy, 'lovasz/io.safetensors');
    const { tensors } = parseSafetensors(readFileSync(path), path);
    const stored = tensors.get('output.000.y')!;
    const bytes = new Uint8Array(
      Float32Array.of(new Float32Array(Uint8Array.from(stored.bytes).buffer)[0]! + 1e-4).buffer,
    );
    writeFileSync(path, serializeSafetensors(new Map([...tensors, ['output.000.y', { ...stored, bytes }]])));
    const { code, output } = await parity(join(copy, 'lovasz'));
    expect(code).toBe(1);
    expect(output).toMatch(/000 LovaszLoss output\.y: ratio \d/);
  });

  it('exits with 3 for an operation that no package knows', async () => {
    const path = join(copy, 'lovasz/config.json');
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('LovaszLoss', 'UnheardOfLoss'));
    expect(await parity(join(copy, 'lovasz'))).toMatchObject({
      code: 3,
      output: expect.stringMatching(/not known to any package/) as string,
    });
  });

  it('exits with 2 for a folder that is none, and without folders', async () => {
    expect(await parity(join(copy, 'nowhere'))).toMatchObject({
      code: 2,
      output: expect.stringMatching(/not a golden folder/) as string,
    });
    expect((await parity()).code).toBe(2);
  });
});
