import { join } from 'node:path';
import { FileError } from '@hourglass/core';
import type { Colour } from '../../data/palette.js';
import { isFile, readBytes, readLines } from '@hourglass/core/node';
import type { ClassEntry } from './layout.js';

/** What a classes file says. */
export interface ClassesFile {
  readonly path: string;
  readonly entries: readonly ClassEntry[];
  readonly ignoreIndex?: number;
  /** Colour of pixels without a class, in masks drawn in colours. */
  readonly ignoreColor?: Colour;
}

/**
 * Reads classes.json or classes.txt of a folder; null where it has neither. The JSON is a list of names, or of
 * `{ "name", "value"?, "color"? }`, or `{ "classes": that list, "ignoreIndex"?, "ignoreColor"? }`. The text has a name a line,
 * with its colour before or after it, if any: `128 64 128 road`.
 */
export async function readClassesFile(folder: string): Promise<ClassesFile | null> {
  const json = join(folder, 'classes.json');
  if (await isFile(json)) return parseJson(json, new TextDecoder().decode(await readBytes(json)));
  for (const name of ['classes.txt', 'label_colors.txt']) {
    const path = join(folder, name);
    if (await isFile(path))
      return checked({ path, entries: (await readLines(path)).map((line) => parseLine(path, line)) });
  }
  return null;
}

function parseLine(path: string, line: string): ClassEntry {
  const match = /^(?:(\d+)[\s,]+(\d+)[\s,]+(\d+)[\s,]+(.+)|(.+?)[\s,]+(\d+)[\s,]+(\d+)[\s,]+(\d+))$/.exec(line);
  if (match === null) return { name: line };
  const name = (match[4] ?? match[5])!.trim();
  return { name, color: colour(path, (match[4] === undefined ? match.slice(6, 9) : match.slice(1, 4)).map(Number)) };
}

function parseJson(path: string, text: string): ClassesFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FileError(path, `is not valid JSON (${(error as Error).message})`, { cause: error });
  }
  const whole = isRecord(value) ? value : { classes: value };
  const list = whole['classes'];
  if (!Array.isArray(list)) {
    throw new FileError(path, 'must hold a list of class names, or an object with such a list under "classes"');
  }
  const { ignoreIndex, ignoreColor } = whole;
  return checked({
    path,
    entries: list.map((entry: unknown, i) => parseEntry(path, entry, i)),
    ...(ignoreIndex === undefined ? {} : { ignoreIndex: label(path, ignoreIndex, '"ignoreIndex"') }),
    ...(ignoreColor === undefined ? {} : { ignoreColor: colour(path, ignoreColor) }),
  });
}

function parseEntry(path: string, entry: unknown, index: number): ClassEntry {
  if (typeof entry === 'string') return { name: entry };
  if (!isRecord(entry) || typeof entry['name'] !== 'string') {
    throw new FileError(path, `class ${index} must be a name, or an object with a "name"`);
  }
  const { name, value, color } = entry;
  return {
    name: name as string,
    ...(value === undefined ? {} : { value: label(path, value, `"value" of ${String(name)}`) }),
    ...(color === undefined ? {} : { color: colour(path, color) }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function label(path: string, value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65535) return value;
  throw new FileError(path, `${what} must be an integer between 0 and 65535, not ${JSON.stringify(value)}`);
}

function colour(path: string, value: unknown): Colour {
  const isByte = (v: unknown): v is number => typeof v === 'number' && Number.isInteger(v) && v >= 0 && v <= 255;
  if (Array.isArray(value) && value.length === 3 && value.every(isByte)) return value as unknown as Colour;
  throw new FileError(path, `a colour must be three integers between 0 and 255, not ${JSON.stringify(value)}`);
}

function checked(file: ClassesFile): ClassesFile {
  const { path, entries } = file;
  if (entries.length === 0) throw new FileError(path, 'names no class');
  for (const [what, values] of [
    ['name', entries.map(({ name }) => name)],
    ['value', entries.map(({ value }, i) => value ?? i)],
    ['colour', entries.flatMap(({ color }) => (color === undefined ? [] : [color.join(', ')]))],
  ] as const) {
    const twice = values.find((value, i) => values.indexOf(value as never) !== i);
    if (twice !== undefined) throw new FileError(path, `two classes have the same ${what}: ${twice}`);
  }
  return file;
}
