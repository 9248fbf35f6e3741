import * as tf from '@tensorflow/tfjs-core';
import {
  Dropout,
  Embedding,
  functional,
  initialiseNormal,
  Linear,
  Module,
  scope,
  type Generator,
} from '@hourglass/core';
import { SinusoidalPlaces } from '../../../layers/speech/index.js';
import type { SpeechT5Settings } from './config.js';
import { ScaledPositions } from './positions.js';

function tokenTable(settings: SpeechT5Settings, generator?: Generator): Embedding {
  const { vocab_size, hidden_size, pad_token_id } = settings;
  const table = new Embedding(vocab_size, hidden_size, { paddingIdx: pad_token_id, generator });
  initialiseNormal(table, settings.initializer_range, generator);
  return table;
}

/** Tokens to the encoder's states. */
export class TextEncoderPrenet extends Module {
  readonly embed_tokens: Embedding;
  readonly encode_positions: ScaledPositions;

  constructor(settings: SpeechT5Settings, generator?: Generator) {
    super();
    const { hidden_size, max_text_positions, positional_dropout } = settings;
    this.embed_tokens = tokenTable(settings, generator);
    this.encode_positions = new ScaledPositions(max_text_positions, hidden_size, positional_dropout, generator);
  }

  /** int32 [N, L] to float32 [N, L, hidden_size] */
  forward(tokens: tf.Tensor): tf.Tensor {
    return scope(() => this.encode_positions.forward(this.embed_tokens.forward(tokens)));
  }
}

/** Tokens to the decoder's states. */
export class TextDecoderPrenet extends Module {
  readonly embed_tokens: Embedding;
  readonly embed_positions: SinusoidalPlaces;
  readonly dropout: Dropout;
  readonly #scale: number;

  constructor(settings: SpeechT5Settings, generator?: Generator) {
    super();
    const { hidden_size, max_text_positions, pad_token_id, positional_dropout } = settings;
    this.embed_tokens = tokenTable(settings, generator);
    this.embed_positions = new SinusoidalPlaces(max_text_positions + pad_token_id + 1, hidden_size, pad_token_id);
    this.dropout = new Dropout(positional_dropout, { generator });
    this.#scale = settings.scale_embedding ? Math.sqrt(hidden_size) : 1;
  }

  /** int32 [N, L], behind `past` others, to float32 [N, L, hidden_size] */
  forward(tokens: tf.Tensor, past = 0): tf.Tensor {
    return scope(() => {
      const embedded = tf.mul(this.embed_tokens.forward(tokens), this.#scale);
      return this.dropout.forward(tf.add(embedded, this.embed_positions.forward(tokens, past)));
    });
  }
}

/** States to scores of tokens. */
export class TextDecoderPostnet extends Module {
  /** Null where its weight is that of the decoder's embedding. */
  readonly lm_head: Linear | null;

  constructor(settings: SpeechT5Settings, generator?: Generator) {
    super();
    const { tie_word_embeddings, hidden_size, vocab_size } = settings;
    this.lm_head = tie_word_embeddings ? null : new Linear(hidden_size, vocab_size, { bias: false, generator });
    initialiseNormal(this, settings.initializer_range, generator);
  }

  /** [N, L, hidden_size] to [N, L, vocab_size] */
  forward(states: tf.Tensor, tokens: Embedding): tf.Tensor {
    return this.lm_head === null ? functional.unembed(states, tokens.weight.value) : this.lm_head.forward(states);
  }
}
