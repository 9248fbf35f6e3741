import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, it } from 'vitest';

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hourglass-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a text or a file's bytes, with the folders above it. */
export function put(path: string, content: string | Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const collection = fileURLToPath(new URL('../../../../shared/data/graph', import.meta.url));

/** A test on real data, which is skipped and says so where they are not. */
export function onData(name: string, test: string, run: (path: string) => Promise<void>): void {
  const path = join(collection, name);
  if (existsSync(path)) it(test, () => run(path));
  else it.skip(`${test} (skipped: there is no ${path})`, () => {});
}
