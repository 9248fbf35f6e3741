import * as tf from '@tensorflow/tfjs-core';
import {
  CheckpointError,
  FileError,
  loadCheckpoint,
  loadPretrained,
  openCheckpoint,
  savePretrained,
  serializeSafetensors,
  stateDict,
  type Fetch,
  type Files,
  type ModelFamily,
} from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { platform } from '#platform';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  mkdirSync,
  openSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Tiny } from './models.js';

let folder: string;
beforeAll(async () => void (await useTestBackend('cpu')));
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'hourglass-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const family: ModelFamily<Tiny> = {
  modelType: 'tiny',
  matches: (config) => config['model_type'] === 'tiny',
  build: (config) => new Tiny(config['seed'] as number),
};
const config = { model_type: 'tiny', seed: 3 };

async function save(model: Tiny, to = folder): Promise<void> {
  await savePretrained(model, to, { config, metadata: { trained_on: 'nothing' } });
}

/** Two shards and an index. */
function saveSharded(model: Tiny, change: (map: Record<string, string>) => void = () => {}): void {
  const state = [...stateDict(model)];
  const parts = {
    'model-00001-of-00002.safetensors': state.slice(0, 3),
    'model-00002-of-00002.safetensors': state.slice(3),
  };
  const map: Record<string, string> = {};
  for (const [name, part] of Object.entries(parts)) {
    writeFileSync(join(folder, name), serializeSafetensors(part));
    for (const [key] of part) map[key] = name;
  }
  change(map);
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
}

/** Serves a folder; remembers what was asked for. */
function server(ranges: boolean): { fetch: Fetch; asked: string[] } {
  const asked: string[] = [];
  const fetch: Fetch = async (url, init) => {
    const range = new Headers(init?.headers).get('range');
    asked.push(range === null ? url : `${url} ${range}`);
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = new Uint8Array(readFileSync(join(folder, url.slice(url.lastIndexOf('/') + 1))));
    } catch {
      return new Response('not here', { status: 404 });
    }
    const match = /^bytes=(\d+)-(\d+)$/.exec(range ?? '');
    if (!ranges || match === null) return new Response(bytes, { headers: { 'content-length': String(bytes.length) } });
    const [begin, end] = [Number(match[1]), Math.min(Number(match[2]), bytes.length - 1)];
    return new Response(bytes.slice(begin, end + 1), {
      status: 206,
      headers: { 'content-range': `bytes ${begin}-${end}/${bytes.length}` },
    });
  };
  return { fetch, asked };
}

describe('savePretrained and loadPretrained', () => {
  it('round-trip bit for bit, without temporary files or leaks', async () => {
    const model = new Tiny(1);
    const before = tf.memory().numTensors;
    await save(model);
    expect(readdirSync(folder)).toEqual(['config.json', 'model.safetensors']);
    expect(tf.memory().numTensors).toBe(before);
    const loaded = await loadPretrained(folder, [family]);
    expect(stateDict(loaded)).toEqual(stateDict(model));
    loaded.dispose();
    expect(tf.memory().numTensors).toBe(before);
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint.tensors.metadata).toEqual({ format: 'pt', trained_on: 'nothing' });
    await checkpoint.close();
  });

  it('keep further JSON files beside the weights, and say what may be missing by what is stored', async () => {
    const vocabulary = { a: 0, b: 1 };
    await savePretrained(new Tiny(1), folder, { config, json: { 'vocab.json': vocabulary } });
    expect(readdirSync(folder).toSorted()).toEqual(['config.json', 'model.safetensors', 'vocab.json']);
    const found: unknown[] = [];
    const curious: ModelFamily<Tiny> = {
      ...family,
      async build(config, checkpoint) {
        found.push(await checkpoint.readJson('vocab.json'), await checkpoint.readJson('tokens.json'));
        return () => new Tiny(config['seed'] as number);
      },
      ignore: (_, { tensors }) => {
        found.push(tensors.specs.has('linear.weight'));
        return [];
      },
    };
    (await loadPretrained(folder, [curious])).dispose();
    expect(found).toEqual([vocabulary, null, true]);
  });

  it('draw no weights that will be replaced, and those that the checkpoint leaves out as a new model does', async () => {
    const [saved, fresh] = [new Tiny(1), new Tiny(3)];
    await save(saved);
    const built: number[] = [];
    const watching: ModelFamily<Tiny> = {
      ...family,
      build(from) {
        const model = family.build(from, {} as never) as Tiny;
        built.push(tf.tidy(() => tf.sum(tf.abs(model.conv.weight.value)).dataSync()[0]!));
        return model;
      },
    };
    const loaded = await loadPretrained(folder, [watching]);
    expect(built).toEqual([0]);
    const own = await loadPretrained(folder, [{ ...watching, ignore: [/^conv\.weight$/] }]);
    expect(built.map((size) => size > 0)).toEqual([false, false, true]);
    const reading: ModelFamily<Tiny> = {
      ...family,
      async build(from, checkpoint) {
        await checkpoint.readJson('vocab.json');
        return () => watching.build(from, checkpoint) as Tiny;
      },
    };
    const late = await loadPretrained(folder, [reading]);
    expect(built.at(-1)).toBe(0);
    const values = (model: Tiny, name: 'conv' | 'linear'): number[] => [...model[name].weight.value.dataSync()];
    for (const model of [loaded, late]) expect(values(model, 'conv')).toEqual(values(saved, 'conv'));
    expect(values(own, 'conv')).toEqual(values(fresh, 'conv'));
    expect(values(own, 'linear')).toEqual(values(saved, 'linear'));
    for (const model of [saved, fresh, loaded, own, late]) model.dispose();
  });

  it('an unknown kind of model is an error that says what it is and what is known', async () => {
    await savePretrained(new Tiny(), folder, { config: { model_type: 'bert', architectures: ['B'] } });
    const load = loadPretrained(folder, [family]);
    await expect(load).rejects.toThrow(CheckpointError);
    await expect(load).rejects.toThrow(/model_type "bert", architectures \["B"\]; known here are tiny/);
  });

  it('a checkpoint that does not fit frees the model that was built', async () => {
    const model = new Tiny();
    const state = stateDict(model);
    state.delete('conv.weight');
    writeFileSync(join(folder, 'model.safetensors'), serializeSafetensors(state));
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const before = tf.memory().numTensors;
    await expect(loadPretrained(folder, [family])).rejects.toThrow(/1 missing key: conv.weight/);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('rename rules of a family go both ways', async () => {
    const renamed = [['backbone.{i}.', 'blocks.{i}.']] as const;
    const model = new Tiny(8);
    await savePretrained(model, folder, { config, rename: renamed });
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint.tensors.specs.has('backbone.1.weight')).toBe(true);
    await checkpoint.close();
    const loaded = await loadPretrained(folder, [{ ...family, rename: () => renamed }]);
    expect(stateDict(loaded)).toEqual(stateDict(model));
  });

  it('a full disk at any write leaves the old checkpoint whole and nothing besides', async () => {
    const old = new Tiny(1);
    await save(old);
    for (let allowed = 0; allowed < 8; allowed++) {
      let writes = 0;
      const files: Files = {
        ...platform.files!,
        async create(path) {
          const file = await platform.files!.create(path);
          return {
            ...file,
            async write(bytes) {
              if (writes++ < allowed) return file.write(bytes);
              await file.write(bytes.subarray(0, bytes.length >> 1));
              throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
            },
          };
        },
      };
      const full = savePretrained(new Tiny(2), folder, { config: { other: true }, files });
      await expect(full).rejects.toThrow(FileError);
      await expect(full).rejects.toThrow(/cannot write it: the disk is full; free some space/);
      expect(readdirSync(folder)).toEqual(['config.json', 'model.safetensors']);
    }
    expect(stateDict(await loadPretrained(folder, [family]))).toEqual(stateDict(old));
  });
});

describe('openCheckpoint', () => {
  it('reads shards, a file alone, and a config with what Python writes for infinity', async () => {
    const model = new Tiny(5);
    saveSharded(model);
    expect(stateDict(await loadPretrained(folder, [family]))).toEqual(stateDict(model));
    writeFileSync(
      join(folder, 'config.json'),
      '{"model_type": "tiny", "seed": 1, "limit": [0.0, -Infinity], "NaN": "NaN"}',
    );
    const checkpoint = await openCheckpoint(join(folder, 'model.safetensors.index.json'));
    expect(checkpoint.config).toEqual({ model_type: 'tiny', seed: 1, limit: [0, -Infinity], NaN: 'NaN' });
    await checkpoint.close();
    const alone = await openCheckpoint(join(folder, 'model-00001-of-00002.safetensors'));
    expect(alone.tensors.specs.size).toBe(3);
    await alone.close();
  });

  it.each([
    '../secret.safetensors',
    '/etc/passwd',
    'a/../../b.safetensors',
    'C:\\x',
    '..\\x',
    '',
    '.',
    'a//b',
    'x\0y',
    '%2e%2e/x',
  ])('an index that names %j is refused', async (name) => {
    saveSharded(new Tiny(), (map) => (map['conv.weight'] = name));
    await expect(openCheckpoint(folder)).rejects.toThrow(/only files beside it are allowed/);
  });

  it('says what is wrong with the folder', async () => {
    const refused = async (source: string, message: RegExp): Promise<void> => {
      const opened = openCheckpoint(source);
      await expect(opened).rejects.toThrow(FileError);
      await expect(opened).rejects.toThrow(message);
    };
    await refused(join(folder, 'nowhere'), /does not exist; pass a folder/);
    await refused(folder, /has no model.safetensors; check the path/);
    writeFileSync(join(folder, 'pytorch_model.bin'), 'x');
    await refused(folder, /pytorch_model.bin is a pickle, which is not read; convert it/);
    await refused(join(folder, 'pytorch_model.bin'), /not a checkpoint/);
    writeFileSync(join(folder, 'model.safetensors'), '');
    await refused(folder, /only 0 bytes/);
    await save(new Tiny());
    writeFileSync(join(folder, 'config.json'), '{"a": ');
    await refused(folder, /config.json: damaged: not valid JSON/);
    writeFileSync(join(folder, 'config.json'), '[1]');
    await refused(folder, /not a JSON object/);
    rmSync(join(folder, 'config.json'));
    await refused(folder, /config.json: does not exist/);
    saveSharded(new Tiny());
    rmSync(join(folder, 'model.safetensors'));
    rmSync(join(folder, 'model-00002-of-00002.safetensors'));
    await refused(folder, /00002-of-00002.safetensors: does not exist, but model.safetensors.index.json names it/);
  });

  it('an index that puts a tensor into the wrong shard is refused', async () => {
    saveSharded(new Tiny(), (map) => (map['conv.weight'] = 'model-00002-of-00002.safetensors'));
    rmSync(join(folder, 'config.json'));
    await expect(openCheckpoint(folder)).rejects.toThrow(/says that 'conv.weight' lies in model-00002/);
  });

  it('a sparse file of 20 GB that announces a header of 10 GB costs nothing', async () => {
    const path = join(folder, 'model.safetensors');
    const head = new Uint8Array(8);
    new DataView(head.buffer).setBigUint64(0, 10_000_000_000n, true);
    writeFileSync(path, head);
    closeSync(openSync(path, 'r+'));
    truncateSync(path, 20_000_000_000);
    const before = process.memoryUsage().rss;
    await expect(openCheckpoint(folder)).rejects.toThrow(/announces a header of 10000000000 bytes/);
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  it('reads a tensor from a file of 6 GB without reading the rest', async () => {
    const path = join(folder, 'model.safetensors');
    const big = 6_000_000_000;
    const header = JSON.stringify({
      big: { dtype: 'U8', shape: [big], data_offsets: [0, big] },
      small: { dtype: 'F32', shape: [2], data_offsets: [big, big + 8] },
    });
    const head = new Uint8Array(8 + header.length);
    new DataView(head.buffer).setBigUint64(0, BigInt(header.length), true);
    head.set(new TextEncoder().encode(header), 8);
    writeFileSync(path, head);
    truncateSync(path, head.length + big + 8);
    const checkpoint = await openCheckpoint(path);
    expect((await checkpoint.tensors.read('small')).bytes).toEqual(new Uint8Array(8));
    await expect(checkpoint.tensors.read('none')).rejects.toThrow(/has no tensor 'none'/);
    await checkpoint.close();
  });

  it('when reading fails half-way the former values are put back', async () => {
    await save(new Tiny(1));
    const model = new Tiny(2);
    const before = stateDict(model);
    const checkpoint = await openCheckpoint(folder);
    const tensors = tf.memory().numTensors;
    const read = checkpoint.tensors.read.bind(checkpoint.tensors);
    let reads = 0;
    const failing = {
      ...checkpoint,
      tensors: {
        ...checkpoint.tensors,
        read: (name: string) => (++reads === 4 ? Promise.reject(new FileError('x', 'gone')) : read(name)),
      },
    };
    await expect(loadCheckpoint(model, failing)).rejects.toThrow(FileError);
    expect(stateDict(model)).toEqual(before);
    await loadCheckpoint(model, checkpoint);
    expect(stateDict(model)).toEqual(stateDict(new Tiny(1)));
    await checkpoint.close();
    expect(tf.memory().numTensors).toBeGreaterThanOrEqual(tensors);
  });
});

describe('checkpoints from afar', () => {
  it('from a URL, with ranges and without', async () => {
    const model = new Tiny(6);
    await save(model);
    for (const ranges of [true, false]) {
      const { fetch, asked } = server(ranges);
      const loaded = await loadPretrained('https://example.org/models/tiny', [family], { fetch });
      expect(stateDict(loaded)).toEqual(stateDict(model));
      expect(asked[0]).toBe('https://example.org/models/tiny/model.safetensors bytes=0-4194303');
      const direct = await openCheckpoint('https://example.org/m/model.safetensors?download=1', { fetch });
      expect(direct.config).toEqual(config);
    }
  });

  it('from the hub, kept in the cache: asked once, whole or not at all', async () => {
    const model = new Tiny(7);
    saveSharded(model);
    const cacheDir = join(folder, 'cache');
    const { fetch, asked } = server(true);
    const options = { fetch, cacheDir, endpoint: 'https://hub.example/', revision: 'refs/pr/1' };
    const loaded = await loadPretrained('org/tiny-model', [family], options);
    expect(stateDict(loaded)).toEqual(stateDict(model));
    expect(asked).toContain('https://hub.example/org/tiny-model/resolve/refs%2Fpr%2F1/config.json');
    const present = readdirSync(join(cacheDir, 'org--tiny-model', 'refs%2Fpr%2F1'));
    expect(present).toEqual([
      'config.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
    ]);
    asked.length = 0;
    await loadPretrained('org/tiny-model', [family], options);
    expect(asked).toEqual([]);
  });

  it('without a cache nothing is written', async () => {
    await save(new Tiny(7));
    const { fetch } = server(true);
    await loadPretrained('org/tiny', [family], { fetch, cacheDir: null });
    expect(readdirSync(folder)).toEqual(['config.json', 'model.safetensors']);
  });

  it('a transfer that breaks off leaves nothing in the cache', async () => {
    await save(new Tiny(7));
    const cacheDir = join(folder, 'cache');
    const { fetch } = server(true);
    const short: Fetch = async (url, init) => {
      const response = await fetch(url, init);
      const bytes = new Uint8Array(await response.arrayBuffer());
      return new Response(bytes.slice(0, -3), {
        status: response.status,
        headers: { 'content-length': String(bytes.length) },
      });
    };
    await expect(openCheckpoint('org/tiny', { fetch: short, cacheDir })).rejects.toThrow(/sent \d+ of \d+ bytes/);
    expect(readdirSync(join(cacheDir, 'org--tiny', 'main'))).toEqual([]);
  });

  it('says what the server said', async () => {
    const answering =
      (status: number): Fetch =>
      async () =>
        new Response('', { status });
    const open = (fetch: Fetch, id = 'org/tiny'): Promise<unknown> => openCheckpoint(id, { fetch, cacheDir: null });
    await expect(open(answering(401))).rejects.toThrow(/access denied \(HTTP 401\)/);
    await expect(open(answering(503))).rejects.toThrow(/HTTP 503/);
    await expect(open(answering(404))).rejects.toThrow(/has no model.safetensors/);
    await expect(open(() => Promise.reject(new Error('getaddrinfo ENOTFOUND')))).rejects.toThrow(FileError);
    for (const revision of ['..', '.', '']) {
      await expect(openCheckpoint('org/tiny', { fetch: answering(404), revision })).rejects.toThrow(/not a branch/);
    }
    for (const id of ['../x', 'a/..', 'a/b/c'])
      await expect(open(answering(404), id)).rejects.toThrow(/does not exist; pass/);
  });

  it('a file that changes on the server while it is read is noticed', async () => {
    mkdirSync(join(folder, 'x'));
    const bytes = serializeSafetensors([['a', { dtype: 'U8', shape: [5_000_000], bytes: new Uint8Array(5_000_000) }]]);
    writeFileSync(join(folder, 'model.safetensors'), bytes);
    const { fetch } = server(true);
    const opened = await openCheckpoint('https://example.org/x/model.safetensors', { fetch });
    truncateSync(join(folder, 'model.safetensors'), bytes.length - 1);
    await expect(opened.tensors.read('a')).rejects.toThrow(/changed on the server/);
  });
});
