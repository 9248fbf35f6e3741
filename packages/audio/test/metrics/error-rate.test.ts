import { expect, it } from 'vitest';
import { characterErrorRate, wordErrorRate } from '@hourglass/audio';

it('reads a corpus at once', () => {
  const [references, hypotheses] = [
    ['seven three', 'one'],
    ['seven tree', 'one one'],
  ];
  expect(wordErrorRate(references, hypotheses)).toMatchObject({ substitutions: 1, insertions: 1, total: 3 });
  expect(wordErrorRate(references, hypotheses).rate).toBeCloseTo(2 / 3);
  expect(characterErrorRate(references, hypotheses)).toMatchObject({ deletions: 1, insertions: 4, total: 14 });
});
