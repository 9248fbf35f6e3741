import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeFiles } from './node-files.js';
import type { Platform } from './types.js';

/** Where an optional package may stand: beside us, or in the project that runs us. */
function resolve(specifier: string): string | null {
  for (const base of [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json')).href]) {
    try {
      return createRequire(base).resolve(specifier);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
    }
  }
  return null;
}

export const platform: Platform = {
  isNode: true,
  files: nodeFiles,
  isTest: process.env['NODE_ENV'] === 'test',
  terminal: {
    get isInteractive() {
      return process.stderr.isTTY === true;
    },
    get columns() {
      return process.stderr.columns ?? 80;
    },
    write: (text) => void process.stderr.write(text),
  },
  async importOptional(specifier) {
    const path = resolve(specifier);
    return path === null ? null : ((await import(pathToFileURL(path).href)) as Record<string, unknown>);
  },
};
