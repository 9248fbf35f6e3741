import { defineCommand, progressed } from '@hourglass/core';
import { writeAtomically } from '@hourglass/core/node';
import { backendOption, checkpointOption, modelOption, withModel } from '@hourglass/core/tasks';
import { bitRate, readBitstream } from '../../bitstream/index.js';
import { durationOf, lengthOf, type Waveform } from '../../data/waveform.js';
import { BitstreamEncoder, encodeBitstream, loadCodec } from '../../models/codecs/index.js';
import { readSound } from '../../node/index.js';
import { resampleWaveform } from '../../signal/index.js';
import { codebooksOf, denoiseOption, rateOptions, setDenoising } from './options.js';

export const encodeCommand = defineCommand({
  description: 'sound to an .hgc stream of codes',
  arguments: [
    { name: 'in', description: 'a sound file' },
    { name: 'out', description: 'the .hgc file', writes: 'file' },
  ],
  options: {
    model: modelOption,
    checkpoint: checkpointOption,
    ...rateOptions,
    denoise: denoiseOption,
    stream: { kind: 'flag', description: 'piece by piece, as sound that is just being recorded' },
    piece: {
      kind: 'number',
      placeholder: 'SECONDS',
      description: 'length of a piece',
      default: 0.1,
      min: 0.001,
      goesWith: { stream: true },
    },
    backend: backendOption,
  },
  async run(options, [input, output], context) {
    const sound = await readSound(input!);
    await withModel(options, context, loadCodec, async (model) => {
      model.eval();
      setDenoising(model, 'encoder', options.denoise);
      const codebooks = codebooksOf(model, options);
      const waveform = resampleWaveform(sound, model.sampleRate);
      const began = performance.now();
      let bytes: Uint8Array;
      if (options.stream) {
        const encoder = await BitstreamEncoder.open(model, { codebooks });
        try {
          const parts: Uint8Array[] = [];
          let done = 0;
          for (const piece of pieces(waveform, options.piece)) {
            parts.push(await encoder.push(piece));
            await progressed(context, (done += lengthOf(piece)), lengthOf(waveform));
          }
          parts.push(await encoder.end());
          bytes = Buffer.concat(parts);
        } finally {
          encoder.dispose();
        }
      } else bytes = await encodeBitstream(model, waveform, { codebooks, ...context });
      const seconds = (performance.now() - began) / 1000;
      await writeAtomically(output!, bytes);
      const { header } = readBitstream(bytes);
      const duration = durationOf(waveform);
      context.print(
        `${input} (${duration.toFixed(2)} s) -> ${output}: ${bytes.length.toLocaleString('en')} bytes, ` +
          `${codebooks} codebooks at ${(bitRate(header) / 1000).toFixed(2)} kbit/s, ${(duration / seconds).toFixed(1)} times faster than it sounds`,
      );
    });
  },
});

/** A waveform piece by piece. */
function* pieces(waveform: Waveform, seconds: number): Iterable<Waveform> {
  const size = Math.max(1, Math.round(seconds * waveform.sampleRate));
  for (let at = 0; at < lengthOf(waveform); at += size) {
    yield { ...waveform, channels: waveform.channels.map((channel) => channel.subarray(at, at + size)) };
  }
}
