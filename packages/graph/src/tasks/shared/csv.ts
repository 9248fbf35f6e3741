import { writeAtomically } from '@hourglass/core/node';

/** A table as CSV, with a header; fields with commas or quotes in quotes. */
export function writeCsv(
  path: string,
  header: readonly string[],
  rows: Iterable<readonly (string | number)[]>,
): Promise<void> {
  const lines = [header, ...rows].map((row) => row.map(field).join(','));
  return writeAtomically(path, `${lines.join('\n')}\n`);
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
