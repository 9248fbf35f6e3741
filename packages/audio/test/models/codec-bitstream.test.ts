import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, HourglassError, scope } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  BitstreamDecoder,
  BitstreamEncoder,
  BitstreamError,
  codecFingerprint,
  DacModel,
  decodeBitstream,
  encodeBitstream,
  EncodecModel,
  lengthOf,
  readBitstream,
  SoundStream,
  waveformToTensor,
  type CodecModel,
  type Waveform,
} from '@hourglass/audio';
import * as tf from '@tensorflow/tfjs-core';

beforeAll(() => useTestBackend('wasm'));

const soundStream = (seed = 1, sampleRate = 8000): SoundStream =>
  new SoundStream(
    {
      sampling_rate: sampleRate,
      num_filters: 2,
      hidden_size: 6,
      upsampling_ratios: [4, 5],
      num_residual_layers: 1,
      num_quantizers: 4,
      codebook_size: 16,
    },
    { generator: new Generator(seed) },
  ).eval();

/** Stereo, in overlapping chunks that are divided by their loudness. */
const chunked = (): EncodecModel =>
  new EncodecModel(
    {
      sampling_rate: 8000,
      audio_channels: 2,
      normalize: true,
      chunk_length_s: 0.1,
      overlap: 0.1,
      norm_type: 'time_group_norm',
      use_causal_conv: false,
      num_filters: 2,
      hidden_size: 6,
      codebook_dim: 6,
      upsampling_ratios: [4, 5],
      codebook_size: 16,
      target_bandwidths: [3.2, 6.4],
      num_lstm_layers: 1,
    },
    { generator: new Generator(2) },
  ).eval();

/** Of an odd stride: its sound is a little shorter than its frames. */
const dac = (sampleRate = 8000): DacModel =>
  new DacModel(
    {
      sampling_rate: sampleRate,
      encoder_hidden_size: 4,
      downsampling_ratios: [2, 5],
      decoder_hidden_size: 16,
      n_codebooks: 2,
      codebook_size: 16,
      codebook_dim: 3,
    },
    { generator: new Generator(3) },
  ).eval();

function noise(samples: number, channels = 1, sampleRate = 8000): Waveform {
  const generator = new Generator(samples);
  return {
    channels: Array.from({ length: channels }, () =>
      Float32Array.from({ length: samples }, () => generator.normal(0, 0.2)),
    ),
    sampleRate,
  };
}

/** Largest difference of two sounds of the same length. */
function difference(a: Waveform, b: Waveform): number {
  expect(a.channels.map(({ length }) => length)).toEqual(b.channels.map(({ length }) => length));
  return Math.max(
    0,
    ...a.channels.flatMap((channel, c) => [...channel].map((x, t) => Math.abs(x - b.channels[c]![t]!))),
  );
}

function joined(parts: readonly Waveform[]): Waveform {
  const { channels, sampleRate } = parts[0]!;
  return {
    sampleRate,
    channels: channels.map((_, c) => Float32Array.from(parts.flatMap((part) => [...part.channels[c]!]))),
  };
}

describe('sound as an .hgc stream', () => {
  it('comes back as the codec decodes it, of the same length, for all lengths', async () => {
    const model = soundStream();
    for (const samples of [0, 1, 19, 20, 21, 1000]) {
      const bytes = await encodeBitstream(model, noise(samples), { codebooks: 3 });
      const { waveform, complete } = await decodeBitstream(model, bytes);
      expect(complete).toBe(true);
      expect(waveform.channels[0]!.length).toBe(samples);
      expect(waveform.sampleRate).toBe(8000);
      const { header } = readBitstream(bytes);
      expect(header).toMatchObject({ model: 'soundstream', codebooks: 3, hopLength: 20, samples });
      // 3 codes of 4 bits a frame; header, end, and 7 bytes a block of 800 frames
      const payload = Math.ceil((Math.ceil(samples / 20) * 12) / 8);
      expect(bytes.length).toBe(57 + 11 + payload + (samples > 0 ? 7 : 0) + 15);
    }
    model.dispose();
  });

  it('in pieces is the same stream and the same sound', async () => {
    const model = soundStream();
    const sound = noise(1234);
    const whole = await encodeBitstream(model, sound);
    for (const size of [1, 7, 20, 333]) {
      const encoder = await BitstreamEncoder.open(model);
      const parts: number[] = [];
      for (let at = 0; at < 1234; at += size) {
        parts.push(...(await encoder.push({ ...sound, channels: [sound.channels[0]!.subarray(at, at + size)] })));
      }
      parts.push(...(await encoder.end()));
      encoder.dispose();
      const bytes = Uint8Array.from(parts);
      expect(readBitstream(bytes).blocks.map(({ codes }) => [...codes])).toEqual(
        readBitstream(whole).blocks.map(({ codes }) => [...codes]),
      );
      const offline = await decodeBitstream(model, bytes);
      const decoder = new BitstreamDecoder(model);
      const pieces: Waveform[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(await decoder.push(bytes.subarray(at, at + size)));
      const end = await decoder.end();
      decoder.dispose();
      expect(end.complete).toBe(true);
      expect(difference(joined([...pieces, end.waveform]), offline.waveform)).toBeLessThan(1e-5);
    }
    model.dispose();
  });

  it('of sound that goes through in parts is that of the whole', async () => {
    // a second is short, so that these are of many parts
    for (const model of [soundStream(1, 200), dac(200), chunked()]) {
      const sound = noise(2321, model.channels, model.sampleRate);
      const before = tf.memory().numTensors;
      const bytes = await encodeBitstream(model, sound);
      const { waveform } = await decodeBitstream(model, bytes);
      expect(tf.memory().numTensors).toBe(before);
      const [codes, expected] = scope(() => {
        const x = tf.expandDims(waveformToTensor(sound), 0);
        const whole = model.encode(model instanceof DacModel ? tf.pad(x, [[0, 0], [0, 9], [0, 0]]) : x); // prettier-ignore
        return [whole.codes.dataSync(), tf.squeeze(model.reconstruct(x), [0]).dataSync()];
      });
      expect(readBitstream(bytes).blocks.flatMap((block) => [...block.codes])).toEqual([...codes]);
      const got = scope(() => waveformToTensor(waveform).dataSync());
      expect(Math.max(...got.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-5);
      model.dispose();
    }
  });

  it('of a codec that must have it whole is refused before it takes all memory', async () => {
    const tiny = { num_filters: 2, hidden_size: 4, upsampling_ratios: [8], target_bandwidths: [0.08] };
    const model = new EncodecModel({ ...tiny, sampling_rate: 8, normalize: true, codebook_size: 16 });
    await expect(encodeBitstream(model, noise(8 * 600 + 1, 1, 8))).rejects.toThrow(/the whole sound at once.*cut the/);
    model.dispose();
  });

  it('is not made of NaN or infinity', async () => {
    for (const model of [soundStream(), chunked(), dac()]) {
      const sound = noise(100, model.channels);
      sound.channels[0]![7] = -Infinity;
      await expect(encodeBitstream(model, sound)).rejects.toThrow('the value -Infinity at sample 7 of channel 0');
      sound.channels[0]![7] = NaN;
      const x = tf.expandDims(waveformToTensor(sound), 0);
      const two = tf.concat([tf.zerosLike(x), x], 0);
      expect(() => model.encode(two)).toThrow('the value NaN at sample 7 of channel 0 of example 1');
      if (model.canStream) expect(() => model.streamingEncoder().push(x)).toThrow('the value NaN at sample 7');
      tf.dispose([x, two]);
      model.dispose();
    }
  });

  it('of a codec that works on chunks has their scales, and a cut one gives whole chunks', async () => {
    const model = chunked();
    for (const samples of [2000, 720, 1440, 100]) {
      const sound = noise(samples, 2);
      const bytes = await encodeBitstream(model, sound);
      const { header, blocks } = readBitstream(bytes);
      expect(header).toMatchObject({ chunks: { length: 800, stride: 720 }, scaled: true, channels: 2 });
      expect(blocks.filter(({ scale }) => scale !== null).length).toBe(Math.ceil(samples / 720));
      const { waveform } = await decodeBitstream(model, bytes);
      expect(waveform.channels.map(({ length }) => length)).toEqual([samples, samples]);
      if (samples !== 2000) continue;
      const cut = await decodeBitstream(model, bytes.subarray(0, bytes.length - 30));
      expect(cut.complete).toBe(false);
      expect(cut.waveform.channels[0]!.length).toBe(1440);
      // as far as the next chunk does not reach
      const start = (of: Waveform): Waveform => ({ ...of, channels: of.channels.map((c) => c.subarray(0, 700)) });
      expect(difference(start(cut.waveform), start(waveform))).toBeLessThan(1e-5);
    }
    await expect(BitstreamEncoder.open(model)).rejects.toThrow(/cannot work on a stream/);
    model.dispose();
  });

  it('of a codec that leaves out what is no whole frame has all of the sound', async () => {
    const model = dac();
    for (const samples of [400, 403, 5]) {
      const { waveform, complete } = await decodeBitstream(model, await encodeBitstream(model, noise(samples)));
      expect([complete, waveform.channels[0]!.length]).toEqual([true, samples]);
      expect(waveform.channels[0]!.every(Number.isFinite)).toBe(true);
    }
    const sound = noise(403);
    const whole = await encodeBitstream(model, sound);
    const encoder = await BitstreamEncoder.open(model);
    const first = await encoder.push({ ...sound, channels: [sound.channels[0]!.subarray(0, 250)] });
    const second = await encoder.push({ ...sound, channels: [sound.channels[0]!.subarray(250)] });
    const bytes = Uint8Array.from([...first, ...second, ...(await encoder.end())]);
    expect(readBitstream(bytes).blocks).toEqual(readBitstream(whole).blocks);
    const decoder = new BitstreamDecoder(model);
    const pieces = [await decoder.push(bytes.subarray(0, 90)), await decoder.push(bytes.subarray(90))];
    const { waveform, complete } = await decoder.end();
    expect(complete).toBe(true);
    expect(difference(joined([...pieces, waveform]), (await decodeBitstream(model, whole)).waveform)).toBeLessThan(
      1e-5,
    );
    for (const made of [encoder, decoder]) made.dispose();
    model.dispose();
  });

  it('is refused by every other codec, which says what differs', async () => {
    const [model, other] = [soundStream(1), soundStream(9)];
    const encodec = chunked();
    const bytes = await encodeBitstream(model, noise(100));
    await expect(decodeBitstream(other, bytes)).rejects.toThrow(
      /made by another codec: soundstream at 8000 Hz.*of the same configuration but with other weights/,
    );
    await expect(decodeBitstream(encodec, bytes)).rejects.toThrow(/this one is encodec at 8000 Hz with fingerprint/);
    const decoder = new BitstreamDecoder(other);
    await expect(decoder.push(bytes)).rejects.toThrow(/made by another codec/);
    decoder.dispose();
    expect(await codecFingerprint(model)).toBe(await codecFingerprint(soundStream(1)));
    await expect(encodeBitstream(model, noise(100, 1, 16_000))).rejects.toThrow(
      /16000 samples a second, the model takes 8000/,
    );
    await expect(encodeBitstream(model, noise(100), { codebooks: 5 })).rejects.toThrow('has 4 codebooks, cannot use 5');
    for (const made of [model, other, encodec]) made.dispose();
  });

  it('that is damaged gives what comes before also in pieces, however long they are', async () => {
    const model = soundStream();
    const bytes = await encodeBitstream(model, noise(40_000));
    const damaged = Uint8Array.from(bytes);
    damaged[bytes.length - 200]! ^= 4;
    const whole = await decodeBitstream(model, damaged, { damaged: 'keep' });
    expect(lengthOf(whole.waveform)).toBe(32_000);
    for (const size of [100, 1700, bytes.length]) {
      const decoder = new BitstreamDecoder(model);
      let [length, error] = [0, ''];
      for (let at = 0; at < bytes.length && error === ''; at += size) {
        try {
          length += lengthOf(await decoder.push(damaged.subarray(at, at + size)));
        } catch (thrown) {
          error = String(thrown);
        }
      }
      expect(error).toMatch('block 2: it is damaged');
      const { waveform, samples } = await decoder.end();
      expect([length + lengthOf(waveform), samples]).toEqual([32_000, 32_000]);
      decoder.dispose();
    }
    model.dispose();
  });

  it('damaged or cut gives a clear error, or the sound before the damage', async () => {
    const models: CodecModel<object>[] = [soundStream(), chunked()];
    const generator = new Generator(7);
    for (const model of models) {
      const bytes = await encodeBitstream(model, noise(3000, model.channels));
      let [errors, partial] = [0, 0];
      for (let round = 0; round < 60; round++) {
        let damaged = bytes.slice();
        if (round % 2 === 0) damaged = damaged.slice(0, generator.integer(0, bytes.length));
        else damaged[generator.integer(0, bytes.length)]! ^= 1 << generator.integer(0, 8);
        try {
          const { complete, samples, waveform } = await decodeBitstream(model, damaged, {
            damaged: round % 4 === 1 ? 'keep' : 'throw',
          });
          expect(complete).toBe(false);
          expect(waveform.channels.every((channel) => channel.length === samples && samples <= 3000)).toBe(true);
          partial++;
        } catch (error) {
          expect(error).toBeInstanceOf(HourglassError);
          expect(error).toBeInstanceOf(BitstreamError);
          errors++;
        }
      }
      expect(errors).toBeGreaterThan(10);
      expect(partial).toBeGreaterThan(10);
      model.dispose();
    }
  });
});
