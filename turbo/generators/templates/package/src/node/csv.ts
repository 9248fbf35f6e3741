import { FileError } from '@hourglass/core';
import { readLines, writeAtomically } from '@hourglass/core/node';
import { lengthOf, type Sequence } from '../data/sequence.js';

/**
 * A CSV file as a sequence: a row a step, a column a channel, separated by commas, semicolons or tabs. A first row without
 * numbers is a heading and left out.
 * @throws FileError that names the line with what is no number.
 */
export async function readSequence(path: string): Promise<Sequence> {
  const lines = await readLines(path);
  const rows = lines.map((line) => line.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1')));
  const isNumber = (cell: string): boolean => cell !== '' && Number.isFinite(Number(cell));
  const hasHeading = rows[0] !== undefined && !rows[0].some(isNumber);
  const body = hasHeading ? rows.slice(1) : rows;
  const channels = body[0]?.length ?? 0;
  if (channels === 0) throw new FileError(path, 'holds no numbers; it needs a row of numbers for each step');
  for (const [i, row] of body.entries()) {
    const where = `row ${i + 1 + Number(hasHeading)}`;
    const odd = row.find((cell) => !isNumber(cell));
    if (odd !== undefined) throw new FileError(path, `${where}: '${odd}' is no number; fill in or remove it`);
    if (row.length !== channels) {
      throw new FileError(
        path,
        `${where} has ${row.length} columns, the first has ${channels}; all must have the same`,
      );
    }
  }
  return { name: path, channels, values: Float32Array.from(body.flat(), Number) };
}

/** Writes a sequence as {@link readSequence} reads it. */
export function writeSequence(sequence: Sequence, path: string): Promise<void> {
  const { values, channels } = sequence;
  const rows = Array.from({ length: lengthOf(sequence) }, (_, step) =>
    values.slice(step * channels, (step + 1) * channels).join(','),
  );
  return writeAtomically(path, `${rows.join('\n')}\n`);
}
