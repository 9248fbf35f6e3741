import { SoundStream, trainCodec, type SoundStreamConfig, type Sounds, type TrainCodecOptions } from '@hourglass/audio';

/** Samples a second of what the codec takes. */
export const sampleRate = 16_000;

/** 100 frames of 8 codes of 8 bits a second: 0.8 to 6.4 kbit/s. */
const small: Partial<SoundStreamConfig> = {
  sampling_rate: sampleRate,
  num_filters: 12,
  hidden_size: 48,
  upsampling_ratios: [2, 5, 4, 4],
  num_residual_layers: 1,
  residual_kernel_size: 3,
  compress: 2,
  num_quantizers: 8,
  codebook_size: 256,
  revive: 0.2,
};

/**
 * A SoundStream that has learnt to code some sounds, by reconstruction losses alone.
 *
 * @param sounds of 16 kHz and one channel
 */
export async function trainSmallCodec(sounds: Sounds, options: TrainCodecOptions): Promise<SoundStream> {
  const model = new SoundStream(small);
  await trainCodec(model, sounds, {
    segment: 0.5,
    batchSize: 8,
    learningRate: 2e-3,
    melWindows: [256, 512, 1024, 2048],
    weights: { time: 1, mel: 2 },
    ...options,
  });
  return model.eval();
}
