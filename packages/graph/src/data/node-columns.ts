import { check } from '@hourglass/core';
import type { GraphFields } from './graph.js';

/** A value of a table's cell or a node's attribute; null, undefined and '' are none. */
export type Cell = string | number | boolean | null | undefined;

export interface NodeColumnOptions {
  /**
   * The columns that become features, in this order. Default: all that hold a number for every node; NaN among numbers is an error.
   */
  readonly features?: readonly string[];
  /** The column that holds classes, as names or whole numbers, or targets. Default: `label`, `class`, `y` or `target`. */
  readonly label?: string;
}

const labelNames = ['label', 'class', 'y', 'target'];
const splitNames = ['split', 'set'];
const splits: Readonly<Record<string, 'trainMask' | 'valMask' | 'testMask'>> = {
  train: 'trainMask',
  training: 'trainMask',
  val: 'valMask',
  valid: 'valMask',
  validation: 'valMask',
  dev: 'valMask',
  test: 'testMask',
};

type NodeFields = Pick<
  GraphFields,
  'x' | 'featureNames' | 'y' | 'numClasses' | 'classNames' | 'trainMask' | 'valMask' | 'testMask'
>;

/**
 * Features, labels and split of nodes from named columns.
 *
 * @throws InvalidArgumentError for columns that are not there or do not hold what they should
 */
export function nodeFields(
  columns: ReadonlyMap<string, readonly Cell[]>,
  count: number,
  options: NodeColumnOptions = {},
): NodeFields {
  const find = (names: readonly string[]): string | undefined =>
    [...columns.keys()].find((name) => names.includes(name.toLowerCase()));
  for (const name of [...(options.features ?? []), ...(options.label === undefined ? [] : [options.label])]) {
    check(
      columns.has(name),
      () => `there is no column '${name}'; there are ${[...columns.keys()].join(', ') || 'none'}`,
    );
  }
  const label = options.label ?? find(labelNames);
  const split = find(splitNames);
  const rest = [...columns.keys()].filter((name) => name !== label && name !== split);
  const numbers = new Map(rest.map((name) => [name, columns.get(name)!.map(numberOf)]));
  for (const [name, list] of numbers) {
    const odd =
      options.features === undefined && list.some(Number.isFinite) ? columns.get(name)!.findIndex(isNaNLike) : -1;
    check(
      odd < 0,
      () =>
        `column '${name}': node ${odd} has ${columns.get(name)![odd]}, other nodes have numbers; ` +
        'fill it in, leave the cell empty, or name the columns that are features',
    );
  }
  const features =
    options.features ??
    rest.filter((name) => numbers.get(name)!.every(Number.isFinite) && numbers.get(name)!.length > 0);
  const values = new Float32Array(count * features.length);
  features.forEach((name, column) => {
    const list = numbers.get(name);
    check(list !== undefined, () => `'${name}' cannot be a feature and the label`);
    for (let node = 0; node < count; node++) {
      check(
        Number.isFinite(list[node]),
        () => `column '${name}': node ${node} has '${columns.get(name)![node]}', no number`,
      );
      values[node * features.length + column] = list[node]!;
    }
  });
  return {
    ...(features.length === 0 ? {} : { x: { width: features.length, values }, featureNames: features }),
    ...(label === undefined ? {} : labelFields(label, columns.get(label)!)),
    ...(split === undefined ? {} : masks(split, columns.get(split)!)),
  };
}

function isNone(cell: Cell): boolean {
  return cell === null || cell === undefined || cell === '';
}

/** NaN or an infinity, as a number or as programs write them. */
function isNaNLike(cell: Cell): boolean {
  return typeof cell === 'number' ? !Number.isFinite(cell) : /^[-+]?(nan|inf|infinity)$/i.test(String(cell));
}

function numberOf(cell: Cell): number {
  return isNone(cell) ? NaN : Number(cell);
}

function labelFields(name: string, cells: readonly Cell[]): NodeFields {
  const numbers = cells.map((cell) => (isNone(cell) ? -1 : numberOf(cell)));
  if (numbers.every((value) => Number.isInteger(value) && value >= -1)) return { y: numbers };
  if (numbers.every(Number.isFinite)) {
    const missing = cells.findIndex(isNone);
    check(missing < 0, () => `column '${name}': node ${missing} has no target`);
    return { y: { width: 1, values: Float32Array.from(numbers) } };
  }
  const names = [...new Set(cells.filter((cell) => !isNone(cell)).map(String))].sort();
  const ids = new Map(names.map((of, i) => [of, i]));
  return {
    y: cells.map((cell) => (isNone(cell) ? -1 : ids.get(String(cell))!)),
    numClasses: names.length,
    classNames: names,
  };
}

function masks(name: string, cells: readonly Cell[]): NodeFields {
  const fields = {
    trainMask: new Uint8Array(cells.length),
    valMask: new Uint8Array(cells.length),
    testMask: new Uint8Array(cells.length),
  };
  cells.forEach((cell, node) => {
    if (isNone(cell)) return;
    const split = String(cell).toLowerCase();
    check(
      Object.hasOwn(splits, split),
      () => `column '${name}': node ${node} has '${String(cell)}'; splits are train, val and test`,
    );
    fields[splits[split]!][node] = 1;
  });
  return fields;
}
