import { check, CheckpointError, type Config } from '@hourglass/core';

/**
 * What config.json says of the settings that there are; what it leaves out, or has null for something else, keeps its default.
 *
 * @throws CheckpointError for a setting of another type than its default's
 */
export function settingsIn<C extends object>(config: Config, known: C): Partial<C> {
  const found: Record<string, unknown> = {};
  for (const [name, usual] of Object.entries(known)) {
    const given = config[name];
    if (given === undefined || (given === null && usual !== null)) continue;
    // Python takes False for 0
    const value = typeof usual === 'number' && typeof given === 'boolean' ? Number(given) : given;
    if (usual !== null && kindOf(value) !== kindOf(usual)) {
      throw new CheckpointError(
        `config.json: ${name} must be ${kindOf(usual)}, got ${JSON.stringify(given)}; is it of another kind of model?`,
      );
    }
    found[name] = value;
  }
  return found as Partial<C>;
}

function kindOf(value: unknown): string {
  if (!Array.isArray(value)) return `a ${typeof value}`;
  return value.every((entry) => typeof entry === 'number') ? 'a list of numbers' : 'a list';
}

/** @throws InvalidArgumentError unless all are positive whole numbers */
export function checkCounts(where: string, counts: Readonly<Record<string, number | readonly number[]>>): void {
  for (const [name, value] of Object.entries(counts)) {
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    check(
      all.length > 0 && all.every((n) => Number.isInteger(n) && (n as number) > 0),
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
