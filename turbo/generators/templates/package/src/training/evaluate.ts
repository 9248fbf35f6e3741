import { evaluationMode, progressed, scope, type Watch } from '@hourglass/core';
import { sequencesToTensor, tensorToSequence } from '../data/batch.js';
import type { Sequence } from '../data/sequence.js';
import { Explained, type ReconstructionScores } from '../metrics/explained.js';
import type { SequenceAutoencoder } from '../models/autoencoder.js';

/** A whole sequence through the bottleneck and back, in its own units. */
export function reconstruct(model: SequenceAutoencoder, sequence: Sequence): Sequence {
  const restore = evaluationMode(model);
  try {
    return scope(() => {
      const x = sequencesToTensor([sequence], model.setup);
      return tensorToSequence(model.forward(x), model.setup, sequence.name);
    });
  } finally {
    restore();
  }
}

/** Scores a model on whole sequences of any lengths. */
export async function evaluateAutoencoder(
  model: SequenceAutoencoder,
  sequences: readonly Sequence[],
  watch: Watch = {},
): Promise<ReconstructionScores> {
  const scores = new Explained(model.setup.mean);
  for (const [i, sequence] of sequences.entries()) {
    scores.update(reconstruct(model, sequence), sequence);
    await progressed(watch, i + 1, sequences.length);
  }
  return scores.compute();
}
