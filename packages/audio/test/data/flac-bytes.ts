/** Sample rates that frames have a code for, from code 4. */
const rates = [8000, 16000, 22050, 24000, 32000, 44100, 48000];

/** A FLAC file of 16 bits without compression: verbatim subframes. */
export function flac(channels: readonly Int16Array[], sampleRate: number, blockSize = 256): Uint8Array {
  const length = channels[0]!.length;
  const bytes = [...'fLaC'].map((letter) => letter.charCodeAt(0));
  const info = new Bits();
  info.put(blockSize, 16).put(blockSize, 16).put(0, 24).put(0, 24);
  info
    .put(sampleRate, 20)
    .put(channels.length - 1, 3)
    .put(15, 5)
    .put(0, 4)
    .put(length, 32);
  for (let i = 0; i < 4; i++) info.put(0, 32);
  bytes.push(0x80, 0, 0, 34, ...info.bytes);
  for (let frame = 0; frame * blockSize < length; frame++) {
    const samples = channels.map((channel) => channel.subarray(frame * blockSize, (frame + 1) * blockSize));
    const bits = new Bits();
    bits
      .put(0xfff8, 16)
      .put(7, 4)
      .put(rates.indexOf(sampleRate) + 4, 4)
      .put(channels.length - 1, 4)
      .put(4, 3)
      .put(0, 1);
    bits.put(frame, 8).put(samples[0]!.length - 1, 16);
    bits.put(crc(bits.bytes, 0x07, 8), 8);
    for (const channel of samples) {
      bits.put(2, 8);
      for (const value of channel) bits.put(value & 0xffff, 16);
    }
    bits.put(crc(bits.bytes, 0x8005, 16), 16);
    bytes.push(...bits.bytes);
  }
  return Uint8Array.from(bytes);
}

class Bits {
  readonly bytes: number[] = [];
  #held = 0;
  #count = 0;

  put(value: number, width: number): this {
    for (let i = width - 1; i >= 0; i--) {
      this.#held = (this.#held << 1) | ((value >>> i) & 1);
      if (++this.#count < 8) continue;
      this.bytes.push(this.#held);
      [this.#held, this.#count] = [0, 0];
    }
    return this;
  }
}

function crc(bytes: readonly number[], polynomial: number, width: 8 | 16): number {
  const [top, mask] = [1 << (width - 1), 2 ** width - 1];
  let value = 0;
  for (const byte of bytes) {
    value ^= byte << (width - 8);
    for (let i = 0; i < 8; i++) value = ((value << 1) ^ ((value & top) === 0 ? 0 : polynomial)) & mask;
  }
  return value;
}
