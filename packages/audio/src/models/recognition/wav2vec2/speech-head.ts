import { ConfiguredModel } from '@hourglass/core';
import type { SpeechConfig } from './config.js';
import type { SpeechModel } from './model.js';

/** A speech encoder with something on top. Each kind of model keeps the encoder under the name that its checkpoints have, too. */
export abstract class SpeechHeadModel extends ConfiguredModel<SpeechConfig> {
  /** Private: the encoder is a child under its own name already. */
  readonly #encoder: SpeechModel;

  constructor(
    override readonly config: SpeechConfig,
    encoder: SpeechModel,
  ) {
    super();
    this.#encoder = encoder;
  }

  protected get encoder(): SpeechModel {
    return this.#encoder;
  }
}
