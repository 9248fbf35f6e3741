import * as tf from '@tensorflow/tfjs-core';
import type { generation } from '@hourglass/core';
import type { NamedTensors, ParityCase } from '@hourglass/core/testing';

type Generate = (config: generation.GenerationConfig) => Promise<generation.GenerationResult>;

/**
 * The tokens that a folder of a generating model holds, generated as its README says: the likeliest ones, nothing suppressed, no end;
 * `generated_no_repeat` without any token twice; `generated_beam` with 4 beams. Its prompts are one token long.
 */
export async function generatedTokens({ outputs }: ParityCase, generate: Generate): Promise<NamedTensors> {
  const kinds: Readonly<Record<string, generation.GenerationConfig>> = {
    generated: {},
    generated_no_repeat: { noRepeatNgramSize: 1 },
    generated_beam: { numBeams: 4 },
  };
  const off = { eosTokenId: null, forcedEosTokenId: null, suppressTokens: null, beginSuppressTokens: null };
  const result: NamedTensors = {};
  for (const [name, config] of Object.entries(kinds)) {
    const shape = outputs.get(name);
    if (shape === undefined) continue;
    const { sequences } = await generate({ ...off, ...config, maxNewTokens: shape[1]! - 1 });
    result[name] = tf.tensor2d(sequences, [sequences.length, sequences[0]!.length], 'int32');
  }
  return result;
}

/** Copies that a runnable may return in each run. */
export function copies(tensors: NamedTensors): NamedTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, tf.clone(x)]));
}

/** `<name>.0`, `<name>.1`, … */
export function numbered(name: string, tensors: readonly tf.Tensor[]): NamedTensors {
  return Object.fromEntries(tensors.map((x, i) => [`${name}.${i}`, x]));
}
