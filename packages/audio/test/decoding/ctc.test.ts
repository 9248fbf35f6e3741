import * as tf from '@tensorflow/tfjs-core';
import { ctcBeamSearch, CtcBeamSearch, ctcGreedySearch, CtcGreedySearch, type LanguageModel } from '@hourglass/audio';
import { Generator, InvalidArgumentError, losses, normalTensor } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => useTestBackend('wasm'));

/** Log probabilities [N, T, C] with long rows of likely blanks and repetitions. */
function draw(seed: number, shape: [number, number, number], spread = 1.5): tf.Tensor3D {
  return tf.logSoftmax(normalTensor(shape, 0, spread, new Generator(seed))) as tf.Tensor3D;
}

function collapse(path: readonly number[], blank: number): number[] {
  return path.filter((label, t) => label !== blank && label !== path[t - 1]);
}

/** Every path: the probability of each label sequence, and the likeliest path. */
function enumerate(rows: readonly number[][], blank: number): { sums: Map<string, number>; best: number[] } {
  const classes = rows[0]?.length ?? 1;
  const sums = new Map<string, number>();
  let [best, most] = [[] as number[], -Infinity];
  for (let code = 0; code < classes ** rows.length; code++) {
    const path = rows.map((_, t) => Math.floor(code / classes ** t) % classes);
    const score = path.reduce((sum, label, t) => sum + rows[t]![label]!, 0);
    const key = collapse(path, blank).join();
    sums.set(key, (sums.get(key) ?? 0) + Math.exp(score));
    if (score > most) [best, most] = [path, score];
  }
  return { sums, best };
}

const keyOf = (labels: readonly number[]): string => labels.join();

describe.each([0, 1, 3])('with blank %d', (blank) => {
  const lengths = [5, 3, 0, 4];

  it('greedy search reads the likeliest path of each utterance', async () => {
    const x = draw(4 + blank, [4, 5, 4]);
    const rows = x.arraySync();
    const found = await ctcGreedySearch(x, lengths, { blank });
    found.forEach(({ labels, score, frames }, n) => {
      const { best } = enumerate(rows[n]!.slice(0, lengths[n]), blank);
      expect(labels).toEqual(collapse(best, blank));
      expect(score).toBeCloseTo(
        best.reduce((sum, label, t) => sum + rows[n]![t]![label]!, 0),
        5,
      );
      expect(frames.map((t) => best[t])).toEqual(labels);
    });
    x.dispose();
  });

  it('beam search sums over all paths of each sequence when the beam is wide', async () => {
    for (const seed of [1, 2, 3]) {
      const x = draw(10 * seed + blank, [4, 5, 4]);
      const rows = x.arraySync();
      const found = await ctcBeamSearch(x, lengths, { blank, beamWidth: 1e6 });
      found.forEach((hypotheses, n) => {
        const { sums } = enumerate(rows[n]!.slice(0, lengths[n]), blank);
        expect(new Set(hypotheses.map(({ labels }) => keyOf(labels)))).toEqual(new Set(sums.keys()));
        for (const { labels, score } of hypotheses) expect(Math.exp(score)).toBeCloseTo(sums.get(keyOf(labels))!, 6);
        const scores = hypotheses.map(({ score }) => score);
        expect(scores).toEqual([...scores].sort((a, b) => b - a));
      });
      x.dispose();
    }
  });
});

describe('CTC beam search', () => {
  it('scores a sequence as the CTC loss does', async () => {
    const x = draw(21, [1, 9, 5]);
    const [best] = (await ctcBeamSearch(x, undefined, { beamWidth: 2000 }))[0]!;
    const loss = tf.tidy(() =>
      losses.ctc(tf.transpose(x, [1, 0, 2]), best!.labels, [9], [best!.labels.length], { reduction: 'sum' }),
    );
    expect(best!.score).toBeCloseTo(-loss.dataSync()[0]!, 4);
    tf.dispose([x, loss]);
  });

  it('finds more than the likeliest path where many paths agree', async () => {
    // the likeliest path is two blanks (0.36), but "1" has three paths with 0.64 together
    const x = tf.log(
      tf.tensor2d([
        [0.6, 0.4],
        [0.6, 0.4],
      ]),
    );
    expect((await ctcGreedySearch(x))[0]!.labels).toEqual([]);
    const [best] = (await ctcBeamSearch(x))[0]!;
    expect(best!.labels).toEqual([1]);
    expect(Math.exp(best!.score)).toBeCloseTo(0.64, 6);
    x.dispose();
  });

  it('gets better with its width, and labels that are never likely may be left out', async () => {
    const x = draw(33, [6, 12, 6], 3);
    const score = async (options: Parameters<typeof ctcBeamSearch>[2]): Promise<number> => {
      const found = await ctcBeamSearch(x, undefined, options);
      return found.reduce((sum, [best]) => sum + best!.score, 0);
    };
    const [narrow, wide] = [await score({ beamWidth: 1 }), await score({ beamWidth: 30 })];
    expect(wide).toBeGreaterThan(narrow);
    expect(await score({ beamWidth: 30, labelsPerFrame: 4 })).toBeCloseTo(wide, 0);
    expect(await score({ beamWidth: 30, beamThreshold: 12 })).toBeCloseTo(wide, 1);
    x.dispose();
  });

  it('adds a language model, the text end and a bonus for labels', async () => {
    const x = draw(8, [1, 4, 3]);
    // prefers 2 after 1, and texts that end in 2
    const model: LanguageModel<number> = {
      start: () => 0,
      next: (last, label) => ({ logProbability: last === 1 && label === 2 ? -0.1 : -1.5, state: label }),
      end: (last) => (last === 2 ? -0.2 : -2),
    };
    const fusion = { model: model as LanguageModel, weight: 0.7, labelBonus: 0.4 };
    const found = (await ctcBeamSearch(x, undefined, { beamWidth: 1e5, languageModel: fusion }))[0]!;
    const { sums } = enumerate(x.arraySync()[0]!, 0);
    expect(found).toHaveLength(sums.size);
    for (const { labels, score } of found) {
      let [expected, last] = [Math.log(sums.get(keyOf(labels))!), 0];
      for (const label of labels) {
        expected += 0.7 * model.next(last, label).logProbability + 0.4;
        last = label;
      }
      expect(score).toBeCloseTo(expected + 0.7 * model.end!(last), 4);
    }
    x.dispose();
  });

  it('finds the same in chunks as at once, and so does greedy search', () => {
    const [x, generator] = [draw(5, [1, 20, 4]), new Generator(2)];
    const values = x.dataSync<'float32'>();
    const [beam, greedy] = [new CtcBeamSearch(), new CtcGreedySearch()];
    for (const search of [beam, greedy]) search.push({ values, frames: 20, classes: 4 });
    for (let trial = 0; trial < 5; trial++) {
      const [chunkedBeam, chunkedGreedy] = [new CtcBeamSearch(), new CtcGreedySearch()];
      for (let t = 0; t < 20;) {
        const frames = Math.min(generator.integer(0, 5), 20 - t);
        const chunk = { values: values.subarray(4 * t, 4 * (t + frames)), frames, classes: 4 };
        for (const search of [chunkedBeam, chunkedGreedy]) search.push(chunk);
        t += frames;
      }
      expect(chunkedBeam.results()).toEqual(beam.results());
      expect(chunkedGreedy.result()).toEqual(greedy.result());
    }
    x.dispose();
  });

  it('refuses what cannot be searched', async () => {
    const x = draw(5, [2, 3, 4]);
    const nan = tf.fill([2, 3], NaN);
    await expect(ctcBeamSearch(x, [4, 3])).rejects.toThrow(/utterance 0 has length 4; .*from 0 to 3/);
    await expect(ctcGreedySearch(x, [1])).rejects.toThrow(/2 utterances need 2 lengths, got 1/);
    await expect(ctcGreedySearch(x, undefined, { blank: 4 })).rejects.toThrow(/blank is 4, but there are 4 classes/);
    await expect(ctcGreedySearch(nan)).rejects.toThrow(/frame 0 of utterance 0 holds NaN/);
    await expect(ctcGreedySearch(tf.scalar(1))).rejects.toThrow(InvalidArgumentError);
    expect(() => new CtcBeamSearch({ beamWidth: 0 })).toThrow(/beamWidth is 0/);
    tf.dispose([x, nan]);
  });

  it('says that nothing was found where nothing is possible', async () => {
    const impossible = tf.fill([2, 3], -Infinity);
    expect((await ctcBeamSearch(impossible))[0]![0]).toEqual({ labels: [], score: -Infinity });
    impossible.dispose();
  });
});
