import { expect, it } from 'vitest';
import { dealSplits, listNames, splitName } from '@hourglass/core';

it('deals examples out 8 : 1 : 1, each once, the same way with the same seed', () => {
  const examples = Array.from({ length: 40 }, (_, i) => i);
  const parts = dealSplits(examples, 3);
  expect([...parts].map(([name, part]) => [name, part.length])).toEqual([
    ['train', 32],
    ['val', 4],
    ['test', 4],
  ]);
  expect([...parts.values()].flat().sort((a, b) => a - b)).toEqual(examples);
  expect(dealSplits(examples, 3)).toEqual(parts);
  expect(dealSplits(examples, 4)).not.toEqual(parts);
  expect([...dealSplits([1, 2], 0).values()].map(({ length }) => length)).toEqual([1, 1, 0]);
});

it('knows the names of splits', () => {
  expect(['training', 'Dev', 'valid', 'TEST', 'other'].map(splitName)).toEqual(['train', 'val', 'val', 'test', null]);
  expect(listNames(['a', 'b', 'c'], 2)).toBe('a, b and 1 more');
});
