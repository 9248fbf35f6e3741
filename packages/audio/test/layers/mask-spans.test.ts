import { describe, expect, it } from 'vitest';
import { Generator } from '@hourglass/core';
import { maskSpans, sampleNegatives } from '@hourglass/audio';

const rowsOf = (mask: Uint8Array, rows: number): number[][] =>
  Array.from({ length: rows }, (_, row) => [
    ...mask.subarray((row * mask.length) / rows, ((row + 1) * mask.length) / rows),
  ]);

describe('maskSpans', () => {
  it('hides the share asked for in spans of the length asked for', () => {
    const generator = new Generator(1);
    let [hidden, places] = [0, 0];
    for (let i = 0; i < 200; i++) {
      const mask = maskSpans(3, 100, { probability: 0.3, length: 5, generator });
      for (const row of rowsOf(mask, 3)) {
        hidden += row.filter(Boolean).length;
        places += row.length;
        // runs are spans, or spans side by side or across each other
        for (const run of row.join('').match(/1+/g) ?? []) expect(run.length).toBeGreaterThanOrEqual(5);
      }
    }
    // six spans of 5 with different beginnings among 100 places cover a good quarter
    expect(hidden / places).toBeGreaterThan(0.24);
    expect(hidden / places).toBeLessThan(0.3);
  });

  it('stays before the end of each row, and leaves alone rows that are too short', () => {
    for (let seed = 0; seed < 50; seed++) {
      const mask = maskSpans(3, 20, {
        probability: 0.5,
        length: 4,
        minMasks: 2,
        lengths: [20, 9, 3],
        generator: new Generator(seed),
      });
      const [whole, short, tooShort] = rowsOf(mask, 3);
      expect(whole!.filter(Boolean).length).toBeGreaterThanOrEqual(5);
      expect(short!.slice(9)).not.toContain(1);
      expect(short).toContain(1);
      expect(tooShort).not.toContain(1);
    }
  });

  it('is decided by the generator', () => {
    const draw = (seed: number) => maskSpans(2, 50, { probability: 0.4, length: 3, generator: new Generator(seed) });
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  it('refuses spans of nothing', () => {
    expect(() => maskSpans(1, 10, { probability: 0.1, length: 0 })).toThrow('1 or longer, got 0');
    expect(() => maskSpans(1, 10, { probability: 1.5, length: 2 })).toThrow('[0, 1], got 1.5');
  });
});

describe('sampleNegatives', () => {
  it('draws every other masked frame of the row, and never the frame itself', () => {
    const mask = Uint8Array.from([0, 1, 1, 0, 1, 0, /* row */ 1, 0, 0, 0, 1, 0]);
    const negatives = sampleNegatives(mask, 2, 200, new Generator(2));
    const drawnFor = (frame: number): number[] =>
      [...new Set(negatives.subarray(frame * 200, (frame + 1) * 200))].sort((a, b) => a - b);
    expect(drawnFor(1)).toEqual([2, 4]);
    expect(drawnFor(4)).toEqual([1, 2]);
    expect(drawnFor(6)).toEqual([10]);
    expect(drawnFor(0)).toEqual([0]);
    expect(drawnFor(8)).toEqual([6]);
  });
});
