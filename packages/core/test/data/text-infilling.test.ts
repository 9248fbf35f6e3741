import { Generator, textInfilling } from '@hourglass/core';
import { describe, expect, it } from 'vitest';

describe('textInfilling', () => {
  const text = Array.from({ length: 60 }, (_, i) => i + 10);

  it('leaves one mask for each span, and the rest in order', () => {
    const generator = new Generator(1);
    let [taken, masks] = [0, 0];
    for (let i = 0; i < 200; i++) {
      const noisy = textInfilling(text, { maskToken: 3, generator });
      const rest = noisy.filter((token) => token !== 3);
      expect(rest).toEqual(text.filter((token) => rest.includes(token)));
      taken += text.length - rest.length;
      masks += noisy.length - rest.length;
    }
    // 30 % of 60 in spans of about 3.5
    expect(taken / 200).toBeGreaterThan(12);
    expect(taken / 200).toBeLessThanOrEqual(18);
    expect(taken / masks).toBeGreaterThan(2);
    expect(taken / masks).toBeLessThan(4.5);
  });

  it('keeps what must stay, nothing at a share of 0, and repeats with the seed', () => {
    const noisy = textInfilling(text, { maskToken: 3, share: 1, kept: [10, 69], generator: new Generator(2) });
    expect(noisy[0]).toBe(10);
    expect(noisy.at(-1)).toBe(69);
    expect(textInfilling(text, { maskToken: 3, share: 0 })).toEqual(text);
    const again = (): number[] => textInfilling(text, { maskToken: 3, generator: new Generator(4) });
    expect(again()).toEqual(again());
    expect(() => textInfilling(text, { maskToken: 3, share: 2 })).toThrow(/must lie in \[0, 1\]/);
    expect(textInfilling([], { maskToken: 3 })).toEqual([]);
  });
});
