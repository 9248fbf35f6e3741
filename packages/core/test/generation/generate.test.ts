import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { generation, Generator, ProjectedAttention, normalTensor } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(async () => void (await useTestBackend('wasm')));

const { generate } = generation;
const vocabulary = 12;

/** Scores by rule, so that the reference could be asked about the same model. */
const score = (last: number, next: number, place: number): number =>
  ((last * 373 + next * 101 + last * next * 131 + place * 17 * next + place * 29) % 1009) / 150;

const tableDecoder = (): generation.UncachedDecoder =>
  new generation.UncachedDecoder((tokens) => {
    const [rows, length] = tokens.shape as [number, number];
    const ids = tokens.dataSync();
    const values = Float32Array.from({ length: rows * length * vocabulary }, (_, i) => {
      const at = Math.floor(i / vocabulary);
      return score(ids[at]!, i % vocabulary, at % length);
    });
    return tf.tensor3d(values, [rows, length, vocabulary]);
  });

interface Reference {
  readonly sequences: ReadonlyArray<{
    readonly config: Record<string, unknown>;
    readonly prompts: number[][];
    readonly sequences: number[][];
    readonly scores?: number[];
  }>;
  readonly tokens: number[][];
  readonly row: number[][];
  readonly processors: Record<string, Array<Array<number | null>>>;
}

/** What transformers 5.12 generates with the scores above. */
const reference = JSON.parse(readFileSync(new URL('reference.json', import.meta.url), 'utf8')) as Reference;

describe('generate', () => {
  it.each(reference.sequences.map((each) => [JSON.stringify(each.config), each.prompts.length, each] as const))(
    'equals the reference: %s, %d prompts',
    async (_, __, { config, prompts, sequences, scores }) => {
      const before = tf.memory().numTensors;
      const result = await generate(tableDecoder(), prompts, generation.generationConfigFrom(config));
      expect(result.sequences).toEqual(sequences);
      if (scores === undefined) expect(result.scores).toBeNull();
      else result.scores!.forEach((value, i) => expect(value).toBeCloseTo(scores[i]!, 4));
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('draws by probability, repeats with the seed, and gives several for a prompt', async () => {
    const config = { doSample: true, maxNewTokens: 1, topK: 3, temperature: 0.5, numReturnSequences: 2000 };
    const draw = (seed: number) => generate(tableDecoder(), [[4]], config, { generator: new Generator(seed) });
    const { sequences } = await draw(1);
    expect((await draw(1)).sequences).toEqual(sequences);
    expect((await draw(2)).sequences).not.toEqual(sequences);
    const scores = Array.from({ length: vocabulary }, (_, next) => score(4, next, 0) / 0.5);
    const kept = scores.toSorted((a, b) => b - a).slice(0, 3);
    const sum = kept.reduce((total, s) => total + Math.exp(s), 0);
    for (let next = 0; next < vocabulary; next++) {
      const share = sequences.filter((tokens) => tokens[1] === next).length / 2000;
      const p = kept.includes(scores[next]!) ? Math.exp(scores[next]!) / sum : 0;
      if (p === 0) expect(share).toBe(0);
      else expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 2000) + 1e-9);
    }
  });

  it('beams may be drawn too, and then differ by seed', async () => {
    const config = { doSample: true, numBeams: 3, maxNewTokens: 6, topK: 0, numReturnSequences: 3, temperature: 3 };
    const draw = async (seed: number): Promise<number[][]> =>
      (await generate(tableDecoder(), [[4], [2]], config, { generator: new Generator(seed) })).sequences;
    const first = await draw(1);
    expect(first).toHaveLength(6);
    expect(new Set(first.slice(0, 3).map(String)).size).toBe(3);
    expect(await draw(1)).toEqual(first);
    expect(await draw(2)).not.toEqual(first);
  });

  it('a cached decoder gives what one without a cache gives, also with beams, and leaves nothing behind', async () => {
    const attention = new ProjectedAttention(8, 2, { generator: new Generator(1) }).eval();
    const cross = new ProjectedAttention(8, 2, { generator: new Generator(2) }).eval();
    const table = normalTensor([vocabulary, 8], 0, 1, new Generator(3));
    const places = normalTensor([20, 8], 0, 1, new Generator(5));
    const states = normalTensor([2, 3, 8], 0, 1, new Generator(4));
    const mask = tf.tensor2d([1, 1, 1, 1, 0, 0], [2, 3], 'int32');
    const embed = (tokens: tf.Tensor, from: number): tf.Tensor =>
      tf.add(tf.gather(table, tf.cast(tokens, 'int32')), tf.slice(places, [from, 0], [tokens.shape[1]!, 8]));
    const logits = (x: tf.Tensor): tf.Tensor => tf.mul(tf.einsum('nld,vd->nlv', x, table), 3);
    const before = tf.memory().numTensors;
    const cached = () =>
      new generation.CachedDecoder(1, { states: tf.clone(states), mask: tf.clone(mask) }, (tokens, cache, context) => {
        const layer = cache.layers[0]!;
        const x = embed(tokens, cache.length);
        const y = tf.add(x, attention.forward(x, { isCausal: true, cache: layer.self }).output);
        const read = cross.forward(y, { keyValueStates: context.states, keyMask: context.mask, cache: layer.cross });
        return logits(tf.add(y, read.output));
      });
    const uncached = () =>
      new generation.UncachedDecoder((tokens) => {
        const times = tokens.shape[0]! / 2;
        const at = tf.tensor1d(
          [0, 1].flatMap((row) => Array.from({ length: times }, () => row)),
          'int32',
        );
        const x = embed(tokens, 0);
        const y = tf.add(x, attention.forward(x, { isCausal: true }).output);
        const read = cross.forward(y, { keyValueStates: tf.gather(states, at), keyMask: tf.gather(mask, at) });
        return logits(tf.add(y, read.output));
      });
    const prompts = [
      [1, 5],
      [2, 7],
    ];
    for (const config of [
      { maxNewTokens: 8 },
      { maxNewTokens: 8, numBeams: 4, numReturnSequences: 2, eosTokenId: 3 },
    ]) {
      const a = await generate(cached(), prompts, config);
      const b = await generate(uncached(), prompts, config);
      expect(a.sequences).toEqual(b.sequences);
      expect(new Set(a.sequences.map(String)).size).toBe(a.sequences.length);
    }
    expect(tf.memory().numTensors).toBe(before);
    // also when something throws amid it
    const stopping = [
      (tokens: readonly number[]): boolean => {
        if (tokens.length > 4) throw new RangeError('amid');
        return false;
      },
    ];
    await expect(generate(cached(), prompts, { numBeams: 2 }, { stopping })).rejects.toThrow(RangeError);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('tells tokens as they come, and stops where a criterion of the caller says so', async () => {
    const told: number[][] = [];
    const { sequences } = await generate(
      tableDecoder(),
      [[1], [2]],
      { maxNewTokens: 9, padTokenId: 0, eosTokenId: 12 },
      {
        onTokens: (tokens) => told.push([...tokens]),
        stopping: [generation.stopSequencesCriterion([[9, 11]]), (tokens) => tokens.length === 6],
      },
    );
    expect(sequences.every((tokens) => tokens.length === 6)).toBe(true);
    expect(told).toEqual(Array.from({ length: 5 }, (_, i) => sequences.map((tokens) => tokens[i + 1])));
  });

  it('says what does not fit', async () => {
    const bad = (prompts: number[][], config: generation.GenerationConfig) => generate(tableDecoder(), prompts, config);
    await expect(bad([], {})).rejects.toThrow(/at least one token long/);
    await expect(bad([[1], [1, 2]], {})).rejects.toThrow(/all of one length, got lengths 1, 2/);
    await expect(bad([[1, 2]], { maxLength: 2 })).rejects.toThrow(/no room in 2/);
    await expect(bad([[1]], { numBeams: 0 })).rejects.toThrow(/numBeams must be a positive/);
    await expect(bad([[1]], { numReturnSequences: 2 })).rejects.toThrow(/ask for more beams/);
    await expect(bad([[1]], { doSample: true, temperature: 0 })).rejects.toThrow(/temperature must be above 0/);
    expect(() => generation.generationConfigFrom({ num_beam_groups: 4 })).toThrow(/num_beam_groups 4 is not known/);
  });

  it('reads and writes generation_config.json', () => {
    const json = {
      max_length: 30,
      begin_suppress_tokens: [1, 2],
      eos_token_id: null,
      num_beam_groups: 1,
      use_cache: true,
    };
    const config = generation.generationConfigFrom(json);
    expect(config).toEqual({ maxLength: 30, beginSuppressTokens: [1, 2], eosTokenId: null });
    expect(generation.generationConfigJson(config)).toEqual({
      max_length: 30,
      begin_suppress_tokens: [1, 2],
      eos_token_id: null,
    });
  });
});

describe('logits processors equal the reference', () => {
  const made: Record<string, generation.LogitsProcessor> = {
    temperature: generation.temperature(0.7),
    topK: generation.topK(4),
    'topK keep': generation.topK(1, 3),
    topP: generation.topP(0.6),
    'topP keep': generation.topP(0.1, 3),
    minP: generation.minP(0.2),
    'minP keep': generation.minP(0.9, 3),
    typical: generation.typical(0.5),
    'typical keep': generation.typical(0.1, 3),
    epsilon: generation.epsilonCutoff(0.05),
    'epsilon keep': generation.epsilonCutoff(0.5, 2),
    eta: generation.etaCutoff(0.3),
    'eta keep': generation.etaCutoff(0.9, 2),
    encoderRepetition: generation.encoderRepetitionPenalty(1.4, [
      [0, 5],
      [6, 7],
    ]),
    encoderNoRepeat: generation.encoderNoRepeatNGram(2, [
      [2, 5, 2, 7],
      [4, 6, 9, 4],
    ]),
    repetition: generation.repetitionPenalty(1.4),
  };
  it.each(Object.entries(reference.processors))('%s', (name, expected) => {
    reference.row.forEach((row, i) => {
      const scores = Float32Array.from(row);
      made[name]!(reference.tokens[i]!, scores, i);
      expected[i]!.forEach((value, token) => {
        if (value === null) expect(scores[token], `token ${token}`).toBe(-Infinity);
        else expect(scores[token]).toBeCloseTo(value, 5);
      });
    });
  });
});
