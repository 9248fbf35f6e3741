import { FileError } from '../errors.js';

/** A configuration as `config.json` holds it. */
export type Config = Readonly<Record<string, unknown>>;

/** Parses a JSON object. Python writes NaN and Infinity into JSON; they are read too, NaN as null. */
export function parseConfig(text: string, path: string): Config {
  let value: unknown;
  try {
    value = JSON.parse(
      text.replaceAll(/"(?:[^"\\]|\\.)*"|\bInfinity\b|\bNaN\b/g, (token) =>
        token === 'Infinity' ? '1e999' : token === 'NaN' ? 'null' : token,
      ),
    );
  } catch (cause) {
    throw new FileError(path, `damaged: not valid JSON (${(cause as Error).message}); copy it again`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FileError(path, 'damaged: not a JSON object; copy it again');
  }
  return value as Config;
}
