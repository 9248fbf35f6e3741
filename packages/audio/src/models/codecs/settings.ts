import { check, type Config } from '@hourglass/core';

/** What config.json says of the settings that there are; what it leaves out, or has null for something else, keeps its default. */
export function settingsIn<C extends object>(config: Config, known: C): Partial<C> {
  const found = Object.keys(known).filter(
    (name) => config[name] !== undefined && (config[name] !== null || known[name as keyof C] === null),
  );
  return Object.fromEntries(found.map((name) => [name, config[name]])) as Partial<C>;
}

/** @throws InvalidArgumentError unless all are positive whole numbers */
export function checkCounts(where: string, counts: Readonly<Record<string, number | readonly number[]>>): void {
  for (const [name, value] of Object.entries(counts)) {
    const all = typeof value === 'number' ? [value] : value;
    check(
      all.length > 0 && all.every((n) => Number.isInteger(n) && n > 0),
      () => `${where}: ${name} must be positive whole numbers, got ${JSON.stringify(value)}`,
    );
  }
}

/** @throws InvalidArgumentError when codes cannot come from such a number of bits */
export function checkCodebookSize(size: number, where: string): void {
  check(
    Number.isInteger(size) && size > 1 && Number.isInteger(Math.log2(size)),
    () => `${where}: codebook_size must be a power of 2, got ${size}`,
  );
}

export function product(numbers: readonly number[]): number {
  return numbers.reduce((all, n) => all * n, 1);
}
