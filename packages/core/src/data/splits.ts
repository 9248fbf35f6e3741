import { Generator } from '../random/generator.js';

/** The canonical name of a split. */
export function splitName(name: string): 'train' | 'val' | 'test' | null {
  const lower = name.toLowerCase();
  if (['train', 'training'].includes(lower)) return 'train';
  if (['val', 'valid', 'validation', 'dev'].includes(lower)) return 'val';
  return ['test', 'testing'].includes(lower) ? 'test' : null;
}

/**
 * Examples without splits of their own, dealt out: eight parts to train on, one to validate with, one to test with; at least one example
 * each, where there are so many. Each part keeps the examples' order.
 */
export function dealSplits<T>(examples: readonly T[], seed: number): Map<'train' | 'val' | 'test', T[]> {
  const order = [...new Generator(seed).permutation(examples.length)];
  const part = Math.max(1, Math.round(examples.length / 10));
  const val = examples.length >= 2 ? part : 0;
  const test = examples.length >= 3 ? part : 0;
  const pick = (from: number, to: number): T[] =>
    order
      .slice(from, to)
      .sort((a, b) => a - b)
      .map((i) => examples[i]!);
  return new Map([
    ['train', pick(val + test, examples.length)],
    ['val', pick(0, val)],
    ['test', pick(val, val + test)],
  ]);
}

/** 'a.png, b.png, c.png and 4 more' */
export function listNames(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
