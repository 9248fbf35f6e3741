import type { Platform } from './types.js';

export const platform: Platform = {
  isNode: false,
  files: null,
  isTest: false,
  terminal: { isInteractive: false, columns: 120, write: (text) => console.log(text.trimEnd()) },
  async importOptional(specifier) {
    try {
      return (await import(/* @vite-ignore */ specifier)) as Record<string, unknown>;
    } catch {
      // A browser does not tell a missing module from a broken one.
      return null;
    }
  },
};
