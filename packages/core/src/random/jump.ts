/*
 * A step of the generator is linear in its 128 bits, so that n steps are a polynomial in one: x^n modulo the characteristic
 * polynomial of the step (Haramoto et al. 2008, doi:10.1287/ijoc.1070.0251). Bit i of a polynomial is its coefficient of x^i.
 */

/** Of the linear engine of xoshiro128, of degree 128. */
const characteristic = 0x100fc65a2006254b11b489db6de18fc01n;
const degree = 128n;

/** x^(2^k), k = 0, 1, … as far as somebody asked. */
const powers: bigint[] = [2n];

function square(a: bigint): bigint {
  let result = 0n;
  for (let i = degree - 1n; i >= 0n; i--) {
    result <<= 1n;
    if (result >> degree !== 0n) result ^= characteristic;
    if ((a >> i) & 1n) result ^= a;
  }
  return result;
}

const words = new Map<number, Uint32Array>();

/** The polynomial of 2^k steps in four words, the lowest coefficients first. */
export function jumpPolynomial(k: number): Uint32Array {
  let found = words.get(k);
  if (found === undefined) {
    while (powers.length <= k) powers.push(square(powers.at(-1)!));
    found = Uint32Array.from({ length: 4 }, (_, i) => Number((powers[k]! >> BigInt(32 * i)) & 0xffffffffn));
    words.set(k, found);
  }
  return found;
}
