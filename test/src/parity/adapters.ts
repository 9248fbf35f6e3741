import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ParityAdapter } from '@hourglass/core/testing';

const packages = fileURLToPath(new URL('../../../packages/', import.meta.url));

/** Every adapter of every package: the lists named `adapters` in packages/<package>/test/parity/*.ts. */
export async function loadAdapters(): Promise<ParityAdapter[]> {
  const adapters: ParityAdapter[] = [];
  for (const name of readdirSync(packages).sort()) {
    const folder = join(packages, name, 'test', 'parity');
    let files: string[];
    try {
      files = readdirSync(folder).sort();
    } catch {
      continue; // a package without adapters
    }
    for (const file of files) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      const module = (await import(pathToFileURL(join(folder, file)).href)) as { adapters?: ParityAdapter[] };
      adapters.push(...(module.adapters ?? []));
    }
  }
  return adapters;
}
