import { Generator } from '../random/generator.js';

/**
 * A generator that depends on all keys (integers) and nothing else. Neighbouring keys give unrelated numbers: each key is
 * mixed into the four words of the state with the finaliser of MurmurHash3.
 */
export function deriveGenerator(seed: number, ...keys: readonly number[]): Generator {
  const generator = new Generator(seed);
  let [a, b, c, d] = generator.state as [number, number, number, number];
  for (const key of keys) {
    const low = key >>> 0;
    const high = Math.floor(key / 2 ** 32) >>> 0;
    a = mix(a ^ low);
    b = mix(b ^ high ^ a);
    c = mix(c ^ b ^ low);
    d = mix(d ^ c ^ high);
    a = mix(a ^ d);
  }
  // Xoshiro must not start from all zeros.
  generator.state = [a, b, c, (a | b | c | d) === 0 ? 1 : d];
  return generator;
}

function mix(x: number): number {
  let h = (x + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
