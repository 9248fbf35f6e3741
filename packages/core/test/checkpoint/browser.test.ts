import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const source = fileURLToPath(new URL('../../src/', import.meta.url));

/** Modules that a browser loads: `#platform` is its browser version there. */
function reachable(file: string, seen = new Map<string, string[]>()): Map<string, string[]> {
  if (seen.has(file)) return seen;
  const text = readFileSync(file, 'utf8');
  const pattern = /^(?:import|export)\s+(?!type\b)(?:[\w*{][^'";=()]*from\s+)?'([^']+)'/gm;
  const imports = [...text.matchAll(pattern)].map((match) => match[1]!);
  seen.set(file, imports);
  for (const name of imports) {
    if (name === '#platform') reachable(join(source, 'platform/browser.ts'), seen);
    else if (name.startsWith('.')) reachable(resolve(dirname(file), name.replace(/\.js$/, '.ts')), seen);
  }
  return seen;
}

it('no module that a browser loads imports from Node', () => {
  const modules = reachable(join(source, 'index.ts'));
  expect(modules.size).toBeGreaterThan(50);
  expect(modules.has(join(source, 'training/fit.ts'))).toBe(true);
  for (const [file, imports] of modules) {
    expect(
      imports.filter((name) => name.startsWith('node:')),
      file,
    ).toEqual([]);
  }
});
