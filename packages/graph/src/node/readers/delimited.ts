/** Splits a line into its fields. */
export type Split = (line: string) => string[];

/** How the fields of a file are separated, by its first line: tab, comma, semicolon, or any spaces. */
export function splitterFor(line: string): Split {
  for (const separator of ['\t', ',', ';']) {
    if (line.includes(separator)) {
      return (text) =>
        text.includes('"') ? quoted(text, separator) : text.split(separator).map((field) => field.trim());
    }
  }
  return (text) => text.trim().split(/\s+/);
}

/** Fields of which some stand in double quotes, as spreadsheets write them. */
function quoted(line: string, separator: string): string[] {
  const fields: string[] = [];
  let field = '';
  let inside = false;
  for (let i = 0; i < line.length; i++) {
    const letter = line[i]!;
    if (letter === '"' && inside && line[i + 1] === '"') {
      field += '"';
      i++;
    } else if (letter === '"' && (inside || field.trim() === '')) {
      inside = !inside;
      if (inside) field = '';
    } else if (letter === separator && !inside) {
      fields.push(field.trim());
      field = '';
    } else field += letter;
  }
  return [...fields, field.trim()];
}

export function isComment(line: string): boolean {
  return line === '' || line.startsWith('#') || line.startsWith('%') || line.startsWith('//');
}

/** A number as people write it, or NaN. */
export function numberOf(field: string): number {
  return field === '' ? NaN : Number(field);
}
