import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensors, ParityAdapter } from '@hourglass/core/testing';
import { loadFeatureExtractor, SpeechT5FeatureExtractor, type Features } from '@hourglass/audio';

/** Our names of what the reference calls so. */
const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Whisper's features and codecs' sounds have time last in the reference. */
function inReferenceLayout(features: Features, kind: string): NamedTensors {
  const timeLast = {
    WhisperFeatureExtractor: 'inputFeatures',
    EncodecFeatureExtractor: 'inputValues',
    DacFeatureExtractor: 'inputValues',
  }[kind];
  return Object.fromEntries(
    Object.entries(features).map(([name, x]) => [snake(name), name === timeLast ? tf.transpose(x, [0, 2, 1]) : x]),
  );
}

/** Sounds `wave0`, `wave1`, … of the inputs; a codec's may have channels [channels, time]. */
function soundsIn(inputs: Readonly<NamedTensors>, prefix: string, sampleRate: number) {
  const names = Object.keys(inputs).filter((name) => name.startsWith(prefix));
  names.sort((a, b) => Number(a.slice(prefix.length)) - Number(b.slice(prefix.length)));
  return names.map((name) => {
    const x = inputs[name]!;
    const channels = x.rank === 1 ? [x] : tf.unstack(x);
    return { channels: channels.map((channel) => channel.dataSync<'float32'>()), sampleRate };
  });
}

/** transformers' feature extractors, from `preprocessor_config.json`. */
export const adapters: ParityAdapter[] = [
  {
    library: 'transformers',
    knows: ({ config }) => typeof config['class'] === 'string' && config['class'].endsWith('FeatureExtractor'),
    async prepare({ folder, config }) {
      const extractor = await loadFeatureExtractor(folder);
      const call = (config['call'] ?? {}) as Record<string, unknown>;
      const options = Object.fromEntries(
        Object.entries(call).map(([name, value]) => [camel(name), value ?? undefined]),
      ) as never;
      return {
        forward(inputs) {
          const { sampling_rate: rate } = extractor.config;
          const sounds = soundsIn(inputs, 'wave', rate);
          const targets = soundsIn(inputs, 'target', rate);
          const features =
            targets.length === 0 || !(extractor instanceof SpeechT5FeatureExtractor)
              ? extractor.extract(sounds, options)
              : sounds.length === 0
                ? extractor.extractTargets(targets, options)
                : extractor.extractPair(sounds, targets, options);
          return inReferenceLayout(features, config['class'] as string);
        },
      };
    },
  },
];
