import { defineCommand, FileError, progressed, type Watch } from '@hourglass/core';
import { readBytes } from '@hourglass/core/node';
import { backendOption, checkpointOption, modelOption, withModel } from '@hourglass/core/tasks';
import { BitstreamError } from '../../bitstream/index.js';
import { samplesBeyondFullScale } from '../../data/level.js';
import { durationOf, lengthOf, type Waveform } from '../../data/waveform.js';
import {
  BitstreamDecoder,
  decodeBitstream,
  loadCodec,
  type CodecModel,
  type DecodedBitstream,
} from '../../models/codecs/index.js';
import { writeSound } from '../../node/index.js';
import { denoiseOption, setDenoising } from './options.js';

export const decodeCommand = defineCommand({
  description: 'an .hgc stream of codes to sound',
  arguments: [
    { name: 'in', description: 'an .hgc file' },
    { name: 'out', description: 'the WAV file', writes: 'file' },
  ],
  options: {
    model: modelOption,
    checkpoint: checkpointOption,
    denoise: denoiseOption,
    stream: { kind: 'flag', description: 'piece by piece, as bytes that are just being received' },
    piece: {
      kind: 'integer',
      placeholder: 'BYTES',
      description: 'size of a piece',
      default: 256,
      min: 1,
      goesWith: { stream: true },
    },
    partial: { kind: 'flag', description: 'decode what comes before a damaged block' },
    backend: backendOption,
  },
  async run(options, [input, output], context) {
    const bytes = await readBytes(input!);
    await withModel(options, context, loadCodec, async (model) => {
      model.eval();
      setDenoising(model, 'decoder', options.denoise);
      const began = performance.now();
      const { waveform, problem } = await named(input!, () =>
        options.stream
          ? streamed(model, bytes, options.piece, options.partial, context)
          : decodeBitstream(model, bytes, { damaged: options.partial ? 'keep' : 'throw', ...context }),
      );
      const seconds = (performance.now() - began) / 1000;
      if (lengthOf(waveform) === 0)
        throw new FileError(input!, `${problem ?? 'it has no frame'}; there is nothing to decode`);
      await writeSound(output!, waveform);
      const clipped = samplesBeyondFullScale(waveform);
      if (clipped > 0) context.print(`${output}: ${clipped} samples beyond full scale are clipped`);
      if (problem !== null) context.print(`${input}: ${problem}; what comes before is decoded`);
      const duration = durationOf(waveform);
      context.print(
        `${input} -> ${output}: ${duration.toFixed(2)} s, ${(duration / seconds).toFixed(1)} times faster than it sounds`,
      );
    });
  },
});

async function streamed(
  model: CodecModel<object>,
  bytes: Uint8Array,
  size: number,
  partial: boolean,
  watch: Watch,
): Promise<Pick<DecodedBitstream, 'waveform' | 'problem'>> {
  const decoder = new BitstreamDecoder(model);
  try {
    const parts: Waveform[] = [];
    let damage: string | null = null;
    for (let at = 0; at < bytes.length && damage === null; at += size) {
      try {
        parts.push(await decoder.push(bytes.subarray(at, at + size)));
      } catch (error) {
        if (!partial || !(error instanceof BitstreamError) || error.block === null) throw error;
        damage = error.message;
      }
      await progressed(watch, Math.min(at + size, bytes.length), bytes.length);
    }
    const { waveform, problem } = await decoder.end();
    return { waveform: joined([...parts, waveform]), problem: damage ?? problem };
  } finally {
    decoder.dispose();
  }
}

function joined(parts: readonly Waveform[]): Waveform {
  const { channels, sampleRate } = parts[0]!;
  const length = parts.reduce((sum, part) => sum + part.channels[0]!.length, 0);
  return {
    sampleRate,
    channels: channels.map((_, c) => {
      const all = new Float32Array(length);
      let at = 0;
      for (const part of parts) {
        all.set(part.channels[c]!, at);
        at += part.channels[c]!.length;
      }
      return all;
    }),
  };
}

/** What is wrong with a stream, said of its file. */
export async function named<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof BitstreamError) throw new FileError(path, cause.message, { cause });
    throw cause;
  }
}
