/** Codes of some frames that follow each other. */
export interface CodeBlock {
  /** int32 [frames × codebooks]: the codes of a frame beside each other, those of the first codebook first. */
  readonly codes: Int32Array;
  readonly frames: number;
  /** Whether the first frame begins a chunk, as the very first of a stream always does. */
  readonly beginsChunk: boolean;
  /** What the decoded chunk is multiplied with, where it begins and the stream has such factors. */
  readonly scale: number | null;
}

/** Highest bit of a block's first word: it begins a chunk. */
export const chunkBit = 0x8000;

/** First word and its CRC-8. */
export const headBytes = 3;
/** CRC-32 of the block, which also counts its number, so that a lost or doubled block shows. */
export const tailBytes = 4;
/** Of the block that ends a stream: head, number of samples, CRC-32. */
export const endBytes = headBytes + 8 + tailBytes;

/** What a block's checksum begins with. */
export function numberBytes(block: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, block, true);
  return bytes;
}
