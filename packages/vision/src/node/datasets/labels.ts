import { checkCount, FileError, InvalidArgumentError } from '@hourglass/core';
import { describeClasses, type SegmentationClasses } from '../../data/classes.js';
import type { LabelMask } from '../../data/image.js';
import type { Colour } from '../../data/palette.js';
import type { ClassesFile } from './classes-file.js';
import type { ClassEntry } from './layout.js';

/** How the values of a data set's masks become class ids. */
export interface Labels extends SegmentationClasses {
  /** Values by colour, for masks drawn in colours. */
  readonly colours: readonly { readonly colour: Colour; readonly id: number }[];
  /** The mask in class ids. Throws a FileError naming `path` and the first value that is neither a class nor ignored. */
  toIds(mask: LabelMask, path: string): LabelMask;
}

/** What the caller asked for. */
export interface ClassRequest {
  readonly classes?: number | readonly string[];
  readonly ignoreIndex?: number;
}

const vocBorder: Colour = [224, 224, 192];

/** Joins what the caller, the folder's classes file and the layout know. Null where nobody names the classes. */
export function knownLabels(
  request: ClassRequest,
  file: ClassesFile | null,
  layout: SegmentationClasses | undefined,
): Labels | null {
  const { classes } = request;
  if (typeof classes === 'number') checkCount('the number of classes', classes);
  const count = typeof classes === 'number' ? classes : classes?.length;
  const names = typeof classes === 'number' ? undefined : classes;
  if (file !== null) {
    const known = file.entries.map(({ name }) => name);
    if (count !== undefined && count !== known.length) {
      throw new InvalidArgumentError(
        `${count} classes were asked for, but ${file.path} names ${known.length}: ${known.join(', ')}`,
      );
    }
    const ignored = request.ignoreIndex ?? file.ignoreIndex;
    return makeLabels(
      file.entries.map((entry, i) => ({ ...entry, name: names?.[i] ?? entry.name })),
      ignored,
      file.ignoreColor,
    );
  }
  if (layout !== undefined && (count === undefined || count === layout.classes.length)) {
    const entries = layout.classes.map((name, i) => ({ name: names?.[i] ?? name, color: layout.palette[i]! }));
    return makeLabels(
      entries,
      request.ignoreIndex ?? layout.ignoreIndex,
      layout.ignoreIndex === 255 ? vocBorder : [0, 0, 0],
    );
  }
  if (count === undefined) return null;
  return makeLabels(numbered(count, names), request.ignoreIndex);
}

/** Labels for masks that nobody describes, from the values that they hold. */
export function discoveredLabels(values: ReadonlySet<number>, ignoreIndex: number | undefined): Labels {
  // black and white masks of one object
  if (ignoreIndex === undefined && values.has(255) && [...values].every((value) => value === 0 || value === 255)) {
    return makeLabels(
      [
        { name: 'background', value: 0 },
        { name: 'foreground', value: 255 },
      ],
      254,
    );
  }
  const ignored = ignoreIndex ?? 255;
  const largest = Math.max(0, ...[...values].filter((value) => value !== ignored));
  return makeLabels(numbered(largest + 1), ignored);
}

function numbered(count: number, names?: readonly string[]): ClassEntry[] {
  return Array.from({ length: count }, (_, i) => ({ name: names?.[i] ?? `class ${i}` }));
}

function makeLabels(entries: readonly ClassEntry[], ignored: number | undefined, ignoreColor?: Colour): Labels {
  const names = entries.map(({ name }) => name);
  const values = entries.map(({ value }, i) => value ?? i);
  const fallback = describeClasses(names);
  const ignoredValue = ignored ?? [255, 65535].find((value) => !values.includes(value))!;
  const ids = new Map(values.map((value, id) => [value, id]));
  // an ignored value that is no class keeps its number, unless a class has that for its id
  const ignoreIndex = ids.get(ignoredValue) ?? (ignoredValue >= names.length ? ignoredValue : fallback.ignoreIndex);
  ids.set(ignoredValue, ignoreIndex);
  const palette = entries.map(({ color }, i) => color ?? fallback.palette[i]!);
  const colours = entries.flatMap(({ color }, i) => (color === undefined ? [] : [{ colour: color, id: values[i]! }]));
  const isUsed = (colour: Colour): boolean => colours.some((entry) => entry.colour.join() === colour.join());
  if (ignoreColor !== undefined && colours.length > 0 && !isUsed(ignoreColor)) {
    colours.push({ colour: ignoreColor, id: ignoredValue });
  }
  const table = new Int32Array(65536).fill(-1);
  for (const [value, id] of ids) table[value] = id;
  const wide = Math.max(ignoreIndex, names.length - 1) > 255;
  const describe = (): string => {
    const known = names.map((name, i) => `${values[i]} ${name}`).join(', ');
    return `the known ones are ${known}, and ${ignoredValue}, which is ignored`;
  };
  return {
    classes: names,
    palette,
    ignoreIndex,
    colours,
    toIds({ width, height, data }, path) {
      const result = wide ? new Uint16Array(data.length) : new Uint8Array(data.length);
      for (let i = 0; i < data.length; i++) {
        const id = table[data[i]!]!;
        if (id < 0) throw unknownLabels(path, data, table, width, describe());
        result[i] = id;
      }
      return { width, height, data: result };
    },
  };
}

function unknownLabels(
  path: string,
  data: LabelMask['data'],
  table: Int32Array,
  width: number,
  known: string,
): FileError {
  const values = [...new Set(data)].filter((value) => table[value]! < 0).sort((a, b) => a - b);
  const at = data.indexOf(values[0]!);
  const listed = values.slice(0, 8).join(', ') + (values.length > 8 ? ', …' : '');
  return new FileError(
    path,
    `has ${values.length === 1 ? 'the unknown label' : 'unknown labels'} ${listed} (the first ${values[0]} in row ${Math.floor(at / width)}, column ${at % width}); ${known}`,
  );
}
