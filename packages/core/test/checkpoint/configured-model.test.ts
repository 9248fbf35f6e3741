import { ConfiguredModel, InvalidArgumentError, Linear, loadPretrained, ownFamily, stateDict } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';

interface HeadConfig {
  readonly channels: number;
  readonly classes: number;
}

class Head extends ConfiguredModel<HeadConfig> {
  protected override readonly modelType = 'test-head';
  override config: HeadConfig | null = null;

  constructor(readonly lin: Linear) {
    super();
  }

  static create(config: HeadConfig): Head {
    const head = new Head(new Linear(config.channels, config.classes));
    head.config = config;
    return head;
  }
}

const family = ownFamily('test-head', (config: HeadConfig) => Head.create(config));

let folder: string;
beforeAll(async () => void (await useTestBackend('cpu')));
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'hourglass-'))));
afterEach(() => rmSync(folder, { recursive: true }));

it('writes its configuration beside its type, from which its family makes it again', async () => {
  const model = Head.create({ channels: 3, classes: 2 });
  await model.savePretrained(folder);
  const written = readFileSync(join(folder, 'config.json'), 'utf8');
  expect(written).toBe('{\n  "model_type": "test-head",\n  "channels": 3,\n  "classes": 2\n}\n');

  const loaded = await loadPretrained(folder, [family]);
  expect(loaded.config).toEqual({ channels: 3, classes: 2 });
  expect(loaded.lin.weight.value.dataSync()).toEqual(model.lin.weight.value.dataSync());
  model.dispose();
  loaded.dispose();
});

it('says that a model assembled from modules has none', async () => {
  const model = new Head(new Linear(3, 2));
  expect(() => model.checkpointConfig()).toThrow(InvalidArgumentError);
  await expect(model.savePretrained(folder)).rejects.toThrow(/assembled from your own modules/);
  expect([...stateDict(model).keys()]).toEqual(['lin.weight', 'lin.bias']);
  model.dispose();
});
