/*
 * IMA ADPCM (Interactive Multimedia Association, 1992) as WAV files have it: blocks that start with a sample and a step of each
 * channel, then four bits a sample, in groups of eight samples of one channel.
 */

const indexSteps = [-1, -1, -1, -1, 2, 4, 6, 8];

// each step is about 1.1 times the one before: the standard's table
const steps = Int16Array.from(
  `7 8 9 10 11 12 13 14 16 17 19 21 23 25 28 31 34 37 41 45
    50 55 60 66 73 80 88 97 107 118 130 143 157 173 190 209 230 253 279 307
    337 371 408 449 494 544 598 658 724 796 876 963 1060 1166 1282 1411 1552 1707 1878 2066
    2272 2499 2749 3024 3327 3660 4026 4428 4871 5358 5894 6484 7132 7845 8630 9493 10442 11487 12635 13899
    15289 16818 18500 20350 22385 24623 27086 29794 32767`.split(/\s+/),
  Number,
);

/** Samples of each channel, from -1 to 1; a last block that is cut off gives what it has. */
export function decodeImaAdpcm(data: Uint8Array, channels: number, blockAlign: number): Float32Array[] {
  const head = 4 * channels;
  const inBlock = (bytes: number): number => (bytes < head ? 0 : 1 + 8 * Math.floor((bytes - head) / head));
  const blocks = Math.floor(data.length / blockAlign);
  const length = blocks * inBlock(blockAlign) + inBlock(data.length % blockAlign);
  const result = Array.from({ length: channels }, () => new Float32Array(length));
  for (let start = 0, at = 0; at < length; start += blockAlign) {
    const count = inBlock(Math.min(blockAlign, data.length - start));
    result.forEach((samples, channel) => {
      const first = start + 4 * channel;
      let value = ((data[first]! | (data[first + 1]! << 8)) << 16) >> 16;
      let index = Math.min(88, data[first + 2]!);
      samples[at] = value / 32768;
      for (let i = 0; i < count - 1; i++) {
        const byte = data[start + head + Math.floor(i / 8) * head + 4 * channel + Math.floor((i % 8) / 2)]!;
        const code = i % 2 === 0 ? byte & 15 : byte >> 4;
        const step = steps[index]!;
        let change = step >> 3;
        if (code & 1) change += step >> 2;
        if (code & 2) change += step >> 1;
        if (code & 4) change += step;
        value = Math.max(-32768, Math.min(32767, code & 8 ? value - change : value + change));
        index = Math.max(0, Math.min(88, index + indexSteps[code & 7]!));
        samples[at + 1 + i] = value / 32768;
      }
    });
    at += count;
  }
  return result;
}
