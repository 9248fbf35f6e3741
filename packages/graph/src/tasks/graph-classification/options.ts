import { check, Generator, type OptionSpec } from '@hourglass/core';
import type { GraphData } from '../../data/graph.js';
import { othersThan, stratifiedFolds } from '../../data/transforms/index.js';
import { graphLayouts, openGraphs, type GraphCollection, type OpenGraphOptions } from '../../node/index.js';

export const collectionOptions = {
  data: {
    kind: 'text',
    placeholder: 'PATH',
    description: 'many graphs: the files of a TU collection, or JSON, packed or not',
    required: true,
  },
  layout: { kind: 'text', description: 'how the data lie', choices: ['auto', ...graphLayouts], default: 'auto' },
} as const satisfies Record<string, OptionSpec>;

/** Which graphs are for the test. */
export const foldOptions = {
  fold: {
    kind: 'integer',
    description: 'which of ten folds is the test',
    default: 0,
    min: 0,
    max: 9,
  },
  validation: {
    kind: 'text',
    description:
      'whether the next fold chooses the best checkpoint, or all others are trained on and the last one counts',
    choices: ['fold', 'none'],
    default: 'fold',
  },
  seed: { kind: 'integer', description: 'decides everything random', default: 0 },
} as const satisfies Record<string, OptionSpec>;

export function openCollection({ data, layout }: { data: string; layout: string }): Promise<GraphCollection> {
  return openGraphs(data, { layout: layout as NonNullable<OpenGraphOptions['layout']> });
}

export interface Split {
  readonly train: readonly GraphData[];
  readonly val: readonly GraphData[];
  readonly test: readonly GraphData[];
}

/** Splits by the folds that came with the graphs, or by ten that are drawn so that classes are as frequent in each. */
export function splitByFold(
  { graphs, testFolds }: GraphCollection,
  { fold, validation, seed }: { readonly fold: number; readonly validation: string; readonly seed: number },
): Split {
  const labels = graphs.map(({ y }, g) => {
    check(y instanceof Int32Array, () => `graph ${g} has no class`);
    return y[0]!;
  });
  const folds = testFolds ?? stratifiedFolds(labels, Math.min(10, graphs.length), new Generator(seed));
  check(fold < folds.length, () => `there is no fold ${fold}, only ${folds.length}`);
  const test = folds[fold]!;
  const val = validation === 'none' ? new Int32Array() : folds[(fold + 1) % folds.length]!;
  const train = othersThan(Int32Array.from([...test, ...val]), graphs.length);
  const pick = (ids: Int32Array): GraphData[] => Array.from(ids, (g) => graphs[g]!);
  return { train: pick(train), val: pick(val), test: pick(test) };
}
