import { describe, expect, it } from 'vitest';
import { CheckpointError, Generator, metrics } from '@hourglass/core';

/** Every alignment, step by step: the fewest edits, and among those the fewest substitutions. */
function enumerate(reference: string, hypothesis: string): metrics.Edits {
  const go = (i: number, j: number, s: number, n: number, d: number): metrics.Edits => {
    const options: metrics.Edits[] = [];
    if (i === reference.length && j === hypothesis.length)
      return { substitutions: s, insertions: n, deletions: d, distance: s + n + d };
    if (i < reference.length && j < hypothesis.length)
      options.push(go(i + 1, j + 1, s + Number(reference[i] !== hypothesis[j]), n, d));
    if (j < hypothesis.length) options.push(go(i, j + 1, s, n + 1, d));
    if (i < reference.length) options.push(go(i + 1, j, s, n, d + 1));
    return options.reduce((a, b) =>
      b.distance < a.distance || (b.distance === a.distance && b.substitutions < a.substitutions) ? b : a,
    );
  };
  return go(0, 0, 0, 0, 0);
}

describe('edit distance', () => {
  it('counts as an enumeration of all alignments does', () => {
    const generator = new Generator(3);
    const draw = (): string =>
      Array.from({ length: generator.integer(0, 6) }, () => 'abc'[generator.integer(0, 3)]).join('');
    for (let i = 0; i < 200; i++) {
      const [reference, hypothesis] = [draw(), draw()];
      expect(metrics.editDistance(reference, hypothesis), `${reference} → ${hypothesis}`).toEqual(
        enumerate(reference, hypothesis),
      );
    }
  });

  it('tells insertions from deletions', () => {
    expect(metrics.editDistance([1, 2, 3], [1, 3])).toMatchObject({ deletions: 1, insertions: 0 });
    expect(metrics.editDistance([1, 3], [1, 2, 3])).toMatchObject({ deletions: 0, insertions: 1 });
    expect(metrics.editDistance('kitten', 'sitting')).toEqual({
      substitutions: 2,
      insertions: 1,
      deletions: 0,
      distance: 3,
    });
  });
});

describe('error rates', () => {
  it('weigh utterances by their length', () => {
    const words = new metrics.WordErrorRate();
    words.update('the cat sat on the mat', 'the cat sat on mat');
    words.update('yes', 'no way');
    expect(words.counts()).toEqual({
      substitutions: 1,
      insertions: 1,
      deletions: 1,
      distance: 3,
      total: 7,
      rate: 3 / 7,
    });
    expect(words.compute()).toBe(3 / 7);
  });

  it('count words between any white space, and characters by code point', () => {
    expect(new metrics.WordErrorRate().updateAll([' a\tb\n c '], ['a b c']).compute()).toBe(0);
    const characters = new metrics.CharacterErrorRate();
    characters.update('a😀c', 'a😁c');
    expect(characters.counts()).toMatchObject({ substitutions: 1, total: 3 });
  });

  it('may exceed one, and without a reference are the number of insertions', () => {
    expect(new metrics.WordErrorRate().updateAll(['a'], ['b c d']).compute()).toBe(3);
    // as jiwer.wer('', …) from 4.0 on
    const rates = ['', 'silence', 'peaceful silence'].map((read) =>
      new metrics.WordErrorRate().updateAll([''], [read]),
    );
    expect(rates.map((rate) => rate.compute())).toEqual([0, 1, 2]);
    expect(rates[2]!.counts()).toMatchObject({ insertions: 2, total: 0 });
    expect(new metrics.WordErrorRate().updateAll(['hello world', ''], ['hello world', 'done']).compute()).toBe(1 / 2);
  });

  it('go on from a saved state', () => {
    const [a, b] = [new metrics.ErrorRate(), new metrics.ErrorRate()];
    a.update([1, 2, 3], [1, 3, 3, 4]);
    b.loadState(JSON.parse(JSON.stringify(a.state())) as metrics.MetricState);
    for (const rate of [a, b]) rate.update([5], []);
    expect(b.counts()).toEqual(a.counts());
    expect(() => b.loadState({ total: 3 })).toThrow(CheckpointError);
    b.reset();
    expect(b.counts()).toMatchObject({ total: 0, rate: 0 });
  });

  it('refuse lists of different lengths', () => {
    expect(() => new metrics.WordErrorRate().updateAll(['a', 'b'], ['a'])).toThrow(/2 references and 1 hyp/);
  });
});
