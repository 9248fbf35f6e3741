import {
  CheckpointError,
  evaluationMode,
  loadPretrained,
  Module,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { toMono, type Waveform } from '../../../data/index.js';
import { featureExtractorFrom, WhisperFeatureExtractor } from '../../../features/index.js';
import { resampleWaveform } from '../../../signal/index.js';
import type { WhisperFallback } from './fallback.js';
import { whisperFamilies, type WhisperForConditionalGeneration, type WhisperTranscribeOptions } from './model.js';
import { WhisperVocabulary } from './vocabulary.js';

/** The paper's: what repeats itself or is a guess is drawn anew, and silence left out. */
export const whisperFallback: WhisperFallback = {
  temperature: [0, 0.2, 0.4, 0.6, 0.8, 1],
  compressionRatioThreshold: 1.35,
  logprobThreshold: -1,
  noSpeechThreshold: 0.6,
};

export interface WhisperTranscript {
  readonly text: string;
  /** In seconds. */
  readonly segments: ReadonlyArray<{ readonly start: number; readonly end: number; readonly text: string }>;
}

/** Whisper with what stands beside it in its checkpoint: sound in, text out. */
export class WhisperTranscriber extends Module {
  constructor(
    readonly model: WhisperForConditionalGeneration,
    readonly features: WhisperFeatureExtractor,
    readonly vocabulary: WhisperVocabulary,
  ) {
    super();
  }

  /**
   * Writes what is said in a sound of any length, sample rate and number of channels, in evaluation mode.
   *
   * @param options default {@link whisperFallback}; what is given goes before it
   * @throws InvalidArgumentError for languages and tasks that the checkpoint does not know
   */
  async transcribe(sound: Waveform, options: WhisperTranscribeOptions = {}): Promise<WhisperTranscript> {
    const { sampling_rate: rate, hop_length: hop, chunk_length: seconds } = this.features.config;
    const mono = resampleWaveform(toMono(sound), rate);
    const least = Math.max(mono.channels[0]!.length, seconds * rate);
    const { inputFeatures } = this.features.extract(mono, { padding: 'max_length', maxLength: least });
    const restore = evaluationMode(this);
    try {
      const said = await this.model.transcribe(inputFeatures!, {
        secondsPerFrame: hop / rate,
        ...whisperFallback,
        ...options,
      });
      const segments = said.map(({ start, end, tokens }) => ({ start, end, text: this.vocabulary.decode(tokens) }));
      return {
        text: segments
          .map(({ text }) => text)
          .join('')
          .trim(),
        segments,
      };
    } finally {
      restore();
      inputFeatures!.dispose();
    }
  }

  /**
   * Loads a checkpoint with its `preprocessor_config.json` and `vocab.json`: a folder, URL or hub id.
   *
   * @throws FileError, CheckpointError
   */
  static fromPretrained(source: string, options?: OpenOptions): Promise<WhisperTranscriber> {
    return loadPretrained(source, whisperTranscriberFamilies, options);
  }
}

export const whisperTranscriberFamilies: ReadonlyArray<ModelFamily<WhisperTranscriber>> = whisperFamilies.map(
  (family) => ({
    ...family,
    rename: [['', 'model.']],
    async build(config, checkpoint) {
      const built = await family.build(config, checkpoint);
      const [vocab, sound] = [
        await checkpoint.readJson('vocab.json'),
        await checkpoint.readJson('preprocessor_config.json'),
      ];
      const { where } = checkpoint;
      if (vocab === null || sound === null)
        throw new CheckpointError(
          `${where}: text needs vocab.json and preprocessor_config.json; copy them from where it is from`,
        );
      const features = featureExtractorFrom(sound, `${where}/preprocessor_config.json`);
      if (!(features instanceof WhisperFeatureExtractor))
        throw new CheckpointError(`${where}/preprocessor_config.json: is not of a WhisperFeatureExtractor`);
      const vocabulary = new WhisperVocabulary(vocab, `${where}/vocab.json`);
      return () => new WhisperTranscriber(typeof built === 'function' ? built() : built, features, vocabulary);
    },
  }),
);
