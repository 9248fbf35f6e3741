// Runs in a page: what somebody does with sound in a browser.
import {
  EncodecModel,
  MelSpectrogram,
  decodeBitstream,
  decodeSound,
  encodeBitstream,
  encodeWav,
  resampleWaveform,
  toMono,
  waveformToTensor,
} from '@hourglass/audio';
import { loadStateDict, parseSafetensors, useBackend, type BackendName } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

export interface SoundReport {
  readonly reason: string;
  /** The .hgc stream of the sound. */
  readonly stream: number[];
  readonly decoded: number[];
  readonly mel: number[];
  /** Largest difference of what the model decodes that was loaded from the bytes of a file. */
  readonly fromBytes: number;
  /** The decoded sound as a file. */
  readonly wavBytes: number;
  /** Tensors that were left behind. */
  readonly left: number;
}

/** @param checkpoint the URL of a codec's, `sound` that of a file of any format */
export async function useSound(backend: BackendName, checkpoint: string, sound: string): Promise<SoundReport> {
  const { reason } = await useBackend(backend);
  const before = tf.memory().numTensors;
  const fetched = async (url: string): Promise<Uint8Array> => new Uint8Array(await (await fetch(url)).arrayBuffer());

  const model = (await EncodecModel.fromPretrained(checkpoint)).eval();
  const waveform = resampleWaveform(toMono(await decodeSound(await fetched(sound))), model.sampleRate);
  const stream = await encodeBitstream(model, waveform, { codebooks: 2 });
  const decoded = await decodeBitstream(model, stream);

  const other = new EncodecModel(model.config).eval();
  loadStateDict(other, parseSafetensors(await fetched(`${checkpoint}/model.safetensors`), 'model.safetensors').tensors);
  const again = await decodeBitstream(other, stream);

  const transform = new MelSpectrogram({ sampleRate: waveform.sampleRate, nFft: 256, nMels: 20 });
  const mel = tf.tidy(() => transform.forward(tf.squeeze(waveformToTensor(waveform), [1])));
  const melValues = await mel.data<'float32'>();
  tf.dispose(mel);
  for (const module of [model, other, transform]) module.dispose();
  const [channel, repeated] = [decoded.waveform.channels[0]!, again.waveform.channels[0]!];
  return {
    reason,
    stream: Array.from(stream),
    decoded: Array.from(channel),
    mel: Array.from(melValues),
    fromBytes: Math.max(...channel.map((value, t) => Math.abs(value - repeated[t]!))),
    wavBytes: encodeWav(decoded.waveform).length,
    left: tf.memory().numTensors - before,
  };
}

Object.assign(globalThis, { useSound });
