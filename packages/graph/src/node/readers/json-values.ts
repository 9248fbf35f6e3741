import { FileError, InvalidArgumentError } from '@hourglass/core';
import { readText } from '../files.js';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws FileError when it holds no JSON object or list */
export async function readJson(path: string, maxBytes?: number): Promise<unknown> {
  const text = await readText(path, maxBytes);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new FileError(path, `is not valid JSON (${(error as Error).message})`, { cause: error });
  }
}

/** A list of numbers under a name. @throws InvalidArgumentError otherwise */
export function numbersAt(object: JsonObject, name: string): readonly number[] {
  const list = object[name];
  const odd = Array.isArray(list) ? list.findIndex((item) => typeof item !== 'number') : -1;
  if (!Array.isArray(list) || odd >= 0) {
    throw new InvalidArgumentError(`"${name}" must be a list of numbers${odd >= 0 ? `; item ${odd} is none` : ''}`);
  }
  return list as readonly number[];
}

/** A list of whole numbers of 32 bits under a name. @throws InvalidArgumentError otherwise */
export function integersAt(object: JsonObject, name: string): Int32Array {
  const list = numbersAt(object, name);
  const integers = Int32Array.from(list);
  const odd = integers.findIndex((value, i) => value !== list[i]);
  if (odd >= 0) throw new InvalidArgumentError(`"${name}": item ${odd} is ${list[odd]}, no whole number of 32 bits`);
  return integers;
}

/** A natural number under a name. @throws InvalidArgumentError otherwise */
export function countAt(object: JsonObject, name: string): number {
  const value = object[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value;
  throw new InvalidArgumentError(`"${name}" must be a natural number`);
}

/** Flat pairs u0, v0, u1, v1, … as sources and destinations. */
export function flatPairs(object: JsonObject, name: string): readonly [number[], number[]] {
  const flat = numbersAt(object, name);
  if (flat.length % 2 !== 0) throw new InvalidArgumentError(`"${name}" lists ${flat.length} ends, which make no pairs`);
  const ends: [number[], number[]] = [[], []];
  flat.forEach((end, i) => ends[i % 2 === 0 ? 0 : 1].push(end));
  return ends;
}
