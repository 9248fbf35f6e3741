/** Where an ID3 tag ends that a file may begin with; 0 without one. */
export function afterTag(bytes: Uint8Array): number {
  if (bytes.length < 10 || String.fromCharCode(...bytes.subarray(0, 3)) !== 'ID3') return 0;
  const size = bytes.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 127), 0);
  return Math.min(bytes.length, 10 + size);
}

/** Whether an MPEG audio frame may begin here: its sync bits, with a layer, bit rate and sample rate that exist. */
export function isMpegFrame(bytes: Uint8Array, at: number): boolean {
  const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
  return a === 0xff && b >= 0xe0 && (b & 6) !== 0 && (b & 0x18) !== 8 && c >> 4 !== 15 && (c & 12) !== 12;
}
