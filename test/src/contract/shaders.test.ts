import { existsSync } from 'node:fs';
import { Draw, hasShaders, recordShaders, type RecordedShader } from '@hourglass/core/testing';
import { describe, expect, it } from 'vitest';
import { caseNames, loadCases } from './suite.js';

// Without a GPU: what would be compiled. `npx vitest run --project test shaders -u` writes the texts after a change.
const loaded = await Promise.all(caseNames.map(async (name) => ({ name, cases: await loadCases(name) })));

describe.each(loaded.filter(({ cases }) => hasShaders(cases)))('the shaders of $name', ({ name, cases }) => {
  const recorded = [...cases.cases(new Draw(11))].flatMap((kernelCase) => recordShaders(cases, kernelCase));
  /** One text for each shader: that of its first use. */
  const first = new Map<string, RecordedShader>();
  for (const shader of recorded) if (!first.has(shader.name)) first.set(shader.name, shader);

  it('are what was reviewed', async () => {
    expect(first.size).toBeGreaterThan(0);
    const texts = [...first.values()].map(({ key, text }) => `// ${key}\n${text}`);
    const file = new URL(`shaders/${name}.wgsl`, import.meta.url);
    const updating = (expect.getState().snapshotState as unknown as { _updateSnapshot: string })._updateSnapshot;
    if (updating !== 'all') expect(existsSync(file), `${file.pathname} is missing: run with -u`).toBe(true);
    await expect(texts.join('\n')).toMatchFileSnapshot(file.pathname);
  });

  it('have one text for a key, and no key for numbers that change from call to call', () => {
    const texts = new Map<string, string>();
    for (const { key, text } of recorded) {
      expect(texts.get(key) ?? text).toBe(text);
      texts.set(key, text);
    }
    const perShader = [...first.keys()].map((shader) => [
      shader,
      new Set(recorded.filter((other) => other.name === shader).map(({ key }) => key)).size,
    ]);
    for (const [shader, keys] of perShader) expect(keys, `${shader} has too many variants`).toBeLessThanOrEqual(16);
  });

  it('fit the limits that every device has', () => {
    for (const { name: shader, arrays } of recorded) expect(arrays, shader).toBeLessThanOrEqual(8);
  });
});
