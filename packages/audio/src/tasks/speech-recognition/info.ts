import { defineInfoCommand } from '@hourglass/core/tasks';
import { ctcArchitectures, SpeechRecognizer } from '../../models/recognition/recognizer/index.js';

export const infoCommand = defineInfoCommand({
  description: 'say what a recogniser of speech is, or which architectures there are',
  available: () => [`architectures  ${[...ctcArchitectures, 'wav2vec2'].join(', ')}`],
  load: SpeechRecognizer.fromPretrained,
  describe({ config, parameterCount, vocabulary, sampleRate }) {
    return [
      `architecture   ${String(config['architecture'] ?? config['model_type'])}`,
      `parameters     ${parameterCount.toLocaleString('en')}`,
      `sound          ${sampleRate} Hz`,
      `tokens         ${vocabulary.size}: ${vocabulary.tokens.join(' ')}`,
    ];
  },
});
