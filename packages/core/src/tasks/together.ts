import { check } from '../errors.js';
import type { OptionSpec, OptionSpecs } from './task.js';

/** An option's key as it is written on the command line: `batchSize` as `--batch-size`. */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What an option goes with, in words. */
export const companions = (goesWith: NonNullable<OptionSpec['goesWith']>): string =>
  Object.entries(goesWith)
    .map(([key, values]) => (values === true ? flagName(key) : `${flagName(key)} ${values.join(' or ')}`))
    .join(' or ');

/** @throws InvalidArgumentError for options that do not go together: one of them would have no effect. */
export function checkTogether(
  specs: OptionSpecs,
  values: Readonly<Record<string, unknown>>,
  isGiven: (key: string) => boolean,
): void {
  for (const [key, { conflicts = [], goesWith }] of Object.entries(specs)) {
    if (!isGiven(key)) continue;
    const other = conflicts.find(isGiven);
    check(other === undefined, () => `give ${flagName(key)} or ${flagName(other!)}, not both`);
    check(
      goesWith === undefined ||
        Object.entries(goesWith).some(([name, wanted]) =>
          wanted === true ? isGiven(name) : wanted.includes(values[name] as string),
        ),
      () => `${flagName(key)} has no effect without ${companions(goesWith!)}`,
    );
  }
}
