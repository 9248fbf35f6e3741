import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW, Generator, losses, manualSeed, normalTensor, scope, valueAndGradients } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  BitstreamEncoder,
  decodeBitstream,
  encodeBitstream,
  melDistance,
  readBitstream,
  siSdr,
  SoundStream,
  type SoundStreamConfig,
} from '@hourglass/audio';
import * as tf from '@tensorflow/tfjs-core';

beforeAll(() => useTestBackend('wasm'));

const sampleRate = 8000;
const size = 800;
const config: Partial<SoundStreamConfig> = {
  sampling_rate: sampleRate,
  num_filters: 4,
  hidden_size: 16,
  upsampling_ratios: [4, 5],
  num_residual_layers: 1,
  residual_kernel_size: 3,
  compress: 2,
  num_quantizers: 4,
  codebook_size: 32,
  revive: 0.2,
};

/** Three notes at once, which begin and end: [examples, time, 1]. */
function chords(generator: Generator, examples: number, time = size): tf.Tensor {
  const values = new Float32Array(examples * time);
  for (let n = 0; n < examples; n++) {
    for (let note = 0; note < 3; note++) {
      const [f, p, centre] = [generator.uniform(100, 800), generator.uniform(0, 6), generator.uniform(0, time)];
      for (let t = 0; t < time; t++) {
        const loudness = 0.15 * Math.exp(-(((t - centre) / 600) ** 2));
        values[n * time + t]! += loudness * Math.sin((2 * Math.PI * f * t) / sampleRate + p);
      }
    }
  }
  return tf.tensor3d(values, [examples, time, 1]);
}

/** A codec after some steps of reconstruction, every batch with as many codebooks as the dropout leaves. */
function trained(quantizerDropout: number, steps = 160, quantizers = 4): SoundStream {
  manualSeed(1);
  const generator = new Generator(2);
  const model = new SoundStream(
    { ...config, quantizer_dropout: quantizerDropout, num_quantizers: quantizers },
    { generator },
  );
  const optimizer = new AdamW(model.parameters(), { lr: 2e-3, weightDecay: 0 });
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const x = chords(generator, 4);
      const { gradients } = valueAndGradients(() => {
        const { audio, penalty } = model.forward(x);
        const energy = tf.mean(tf.square(x));
        return tf.add(tf.div(losses.mse(audio, x), energy), tf.mul(penalty, 0.25));
      }, model.parameters());
      optimizer.step(gradients);
    });
  }
  optimizer.dispose();
  return model.eval();
}

/** SI-SDR and mel distance on sounds that training has not seen, with so many codebooks. */
function scores(model: SoundStream, codebooks: number): { siSdr: number; mel: number } {
  return scope(() => {
    const x = chords(new Generator(99), 8, 2400);
    const y = model.decode(model.encode(x, { codebooks }));
    const [a, b] = [y, x].map((of) => tf.reshape(of, [8, 2400]).arraySync() as number[][]);
    return {
      siSdr: a!.reduce((sum, row, i) => sum + siSdr(row, b![i]!), 0) / 8,
      mel: melDistance(y, x, sampleRate).dataSync()[0]!,
    };
  });
}

describe('SoundStream', () => {
  let model: SoundStream;
  // as long as a test that trains may take
  beforeAll(() => void (model = trained(1)), 180_000);

  it('one model decodes with 1 to N quantisers, and every one more brings the sound nearer', () => {
    const all = [1, 2, 3, 4].map((codebooks) => scores(model, codebooks));
    const ratios = all.map((of) => of.siSdr);
    const distances = all.map((of) => of.mel);
    expect(ratios).toEqual(ratios.toSorted((a, b) => a - b));
    expect(distances).toEqual(distances.toSorted((a, b) => b - a));
    expect(ratios[3]).toBeGreaterThan(ratios[0]! + 3);
    expect(ratios[3]).toBeGreaterThan(6);
    // each stage codes what those before left over: without the first one the others are worth less than it alone
    const rest = scope(() => {
      const x = chords(new Generator(99), 8, 2400);
      const { codes } = model.encode(x);
      const latent = tf.sub(model.dequantize(codes), model.dequantize(tf.slice(codes, [0, 0, 0], [8, 120, 1])));
      const y = model.decodeLatent(latent);
      const [a, b] = [y, x].map((of) => tf.reshape(of, [8, 2400]).arraySync() as number[][]);
      return a!.reduce((sum, row, i) => sum + siSdr(row, b![i]!), 0) / 8;
    });
    expect(rest).toBeLessThan(ratios[0]! - 3);
    // and one model for all bit rates costs little against one for the lowest alone
    const dedicated = trained(0, 160, 1);
    expect(ratios[0]).toBeGreaterThan(scores(dedicated, 1).siSdr - 1);
    dedicated.dispose();
  });

  it('streams: piece by piece gives the codes and the sound of the whole', async () => {
    const x = chords(new Generator(7), 1, 3210);
    const whole = scope(() => model.encode(x).codes.arraySync());
    const sound = scope(() => model.decode(model.encode(x)).dataSync());
    const encoder = model.streamingEncoder();
    const decoder = model.streamingDecoder();
    const codes: number[][] = [];
    const decoded: number[] = [];
    const use = (made: tf.Tensor | null): void => {
      if (made === null) return;
      codes.push(...(made.arraySync() as number[][][])[0]!);
      const audio = decoder.push(made);
      if (audio !== null) decoded.push(...audio.dataSync());
      tf.dispose([made, ...(audio === null ? [] : [audio])]);
      // without delay: what was coded can be heard
      expect(decoded.length).toBe(codes.length * model.hopLength);
    };
    for (let at = 0; at < 3210; at += 130) {
      use(scope(() => encoder.push(tf.slice(x, [0, at, 0], [1, Math.min(130, 3210 - at), 1]))));
    }
    use(encoder.end());
    const last = decoder.end();
    if (last !== null) decoded.push(...last.dataSync());
    tf.dispose([x, ...(last === null ? [] : [last])]);
    expect([codes]).toEqual(whole);
    expect(Math.max(...sound.map((value, t) => Math.abs(value - decoded[t]!)))).toBeLessThan(1e-5);
    encoder.dispose();
    decoder.dispose();
  });

  it('takes N_q log2(K) bits a frame, in a file too', async () => {
    const x = chords(new Generator(8), 1, 8000);
    const waveform = { channels: [scope(() => x.dataSync<'float32'>())], sampleRate };
    for (const codebooks of [1, 2, 4]) {
      expect(model.bandwidthOf(codebooks)).toBe(codebooks * 5 * (8000 / 20));
      const bytes = await encodeBitstream(model, waveform, { codebooks });
      const framing = bytes.length - model.bandwidthOf(codebooks) / 8;
      // a second: one block
      expect(framing).toBe(57 + 11 + 7 + 15);
      const { header } = readBitstream(bytes);
      expect(header.codebooks).toBe(codebooks);
      const { waveform: back } = await decodeBitstream(model, bytes);
      // what the file gives is what the codes give
      const decoded = scope(() => model.decode(model.encode(x, { codebooks })).dataSync<'float32'>());
      expect(Math.max(...decoded.map((value, t) => Math.abs(value - back.channels[0]![t]!)))).toBeLessThan(1e-5);
    }
    x.dispose();
    const stream = await BitstreamEncoder.open(model);
    await stream.push(waveform);
    expect((await stream.end()).length).toBeGreaterThan(0);
    stream.dispose();
  });

  it('a condition says whether noise is taken out, in one model', () => {
    manualSeed(2);
    const generator = new Generator(3);
    const denoiser = new SoundStream({ ...config, hidden_size: 24, denoise: 'decoder' }, { generator });
    const optimizer = new AdamW(denoiser.parameters(), { lr: 3e-3, weightDecay: 0 });
    const noisy = (clean: tf.Tensor): tf.Tensor => tf.add(clean, normalTensor(clean.shape, 0, 0.1, generator));
    for (let step = 0; step < 120; step++) {
      scope(() => {
        const clean = chords(generator, 4);
        const x = noisy(clean);
        const wanted = tf.tensor2d([1, 1, 0, 0], [4, 1]);
        const target = tf.where(tf.reshape(tf.greater(wanted, 0), [4, 1, 1]), clean, x);
        const { gradients } = valueAndGradients(() => {
          // the condition without the codes, which take longer to learn
          const audio = denoiser.decodeLatent(denoiser.encodeLatent(x), wanted);
          return tf.div(losses.mse(audio, target), tf.mean(tf.square(clean)));
        }, denoiser.parameters());
        optimizer.step(gradients);
      });
    }
    denoiser.eval();
    scope(() => {
      const clean = chords(new Generator(98), 8);
      const x = noisy(clean);
      const ratio = (on: boolean, target: tf.Tensor): number =>
        siSdr(denoiser.decodeLatent(denoiser.encodeLatent(x), on).dataSync(), target.dataSync());
      expect(ratio(true, clean)).toBeGreaterThan(ratio(false, clean) + 0.5);
      expect(ratio(true, clean)).toBeGreaterThan(siSdr(x.dataSync(), clean.dataSync()));
      expect(ratio(false, x)).toBeGreaterThan(ratio(true, x) + 0.5);
    });
    optimizer.dispose();
    denoiser.dispose();
  });
});
