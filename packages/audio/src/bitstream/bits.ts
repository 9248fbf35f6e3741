/** Bits that hold a code of a codebook: ceil(log2(codebookSize)). */
export function bitsPerCode(codebookSize: number): number {
  return 32 - Math.clz32(codebookSize - 1);
}

/** Bytes of so many codes, the last one filled up with zero bits. */
export function packedBytes(codes: number, bits: number): number {
  return Math.ceil((codes * bits) / 8);
}

/** Writes codes one after another, each with its highest bit first, into `into` from byte `at` on. Bits are 1 to 24. */
export function packCodes(codes: ArrayLike<number>, bits: number, into: Uint8Array, at: number): void {
  let held = 0;
  let count = 0;
  let place = at;
  for (let i = 0; i < codes.length; i++) {
    held = (held << bits) | codes[i]!;
    count += bits;
    // at most 7 + 24 bits are held, so that nothing is shifted out
    for (; count >= 8; count -= 8) into[place++] = (held >>> (count - 8)) & 0xff;
    held &= (1 << count) - 1;
  }
  if (count > 0) into[place] = (held << (8 - count)) & 0xff;
}

/** Reads what {@link packCodes} wrote. @returns int32 [count] */
export function unpackCodes(bytes: Uint8Array, at: number, bits: number, count: number): Int32Array {
  const codes = new Int32Array(count);
  const mask = 2 ** bits - 1;
  let held = 0;
  let have = 0;
  let place = at;
  for (let i = 0; i < count; i++) {
    for (; have < bits; have += 8) held = ((held & 0x7fffff) << 8) | bytes[place++]!;
    have -= bits;
    codes[i] = (held >>> have) & mask;
  }
  return codes;
}
