import * as tf from '@tensorflow/tfjs-core';
import { Module, scope } from '@hourglass/core';
import { checkWaveform, type Waveform } from '../../data/waveform.js';
import { separateWaveform, type SeparateOptions, type Separator } from '../separation/index.js';
import type { FRCRN } from './frcrn/index.js';

export type EnhanceOptions = Omit<SeparateOptions, 'consistent'>;

/**
 * Takes the noise out of a sound of any length, each channel for itself. A sound of another sample rate goes through at the model's.
 *
 * @returns sound of the same length, channels and sample rate
 * @throws InvalidArgumentError when there is no sample
 */
export async function enhanceWaveform(
  model: FRCRN,
  waveform: Waveform,
  options: EnhanceOptions = {},
): Promise<Waveform> {
  const { channels, sampleRate } = checkWaveform(waveform);
  const only = new OneSource(model);
  const enhanced: Float32Array[] = [];
  for (const [c, channel] of channels.entries()) {
    const [clean] = await separateWaveform(
      only,
      { channels: [channel], sampleRate },
      {
        ...options,
        onProgress: ({ done, total }) =>
          options.onProgress?.({ done: c * total + done, total: channels.length * total }),
      },
    );
    enhanced.push(clean!.channels[0]!);
  }
  return { channels: enhanced, sampleRate };
}

/** Enhancement as separation into what is wanted alone. */
class OneSource extends Module implements Separator {
  readonly numSources = 1;
  readonly audioChannels = 1;
  readonly sourceNames = ['clean'];

  constructor(readonly model: FRCRN) {
    super();
  }

  get sampleRate(): number {
    return this.model.sampleRate;
  }

  forward(x: tf.Tensor): tf.Tensor {
    const [batch, time] = x.shape as [number, number];
    return scope(() => tf.expandDims(this.model.forward(tf.reshape(x, [batch, time])), 1));
  }
}
