import { CheckpointError, check } from '../errors.js';

/**
 * One way in which the reference's names differ from ours: `[reference, ours]`.
 *
 * Both sides are templates: `{i}` stands for one part of a name (without dots), `{rest*}` for any number of parts, and
 * both sides use the same ones, which is why a rule can be read backwards. Two sides that end in a dot (or are empty) are
 * prefixes: `['backbone.{i}.', 'stages.{i}.']`, `['', 'encoder.']`. What templates cannot say is said by two regular expressions
 * with their replacements.
 */
export type RenameRule =
  | readonly [reference: string, ours: string]
  | {
      readonly toOurs: readonly [RegExp, string];
      readonly toReference: readonly [RegExp, string];
    };

/** Names of a checkpoint to names of a module, and back. */
export interface Renaming {
  toOurs(referenceName: string): string;
  toReference(ourName: string): string;
}

type Step = (name: string) => string | null;

/** Compiles rules. The first that matches a name decides; a name that none matches stays. */
export function renaming(rules: readonly RenameRule[] = []): Renaming {
  const forward = rules.map((rule) => (isPair(rule) ? template(rule[0], rule[1]) : replacement(rule.toOurs)));
  const backward = rules.map((rule) => (isPair(rule) ? template(rule[1], rule[0]) : replacement(rule.toReference)));
  const first =
    (steps: readonly Step[]) =>
    (name: string): string => {
      for (const step of steps) {
        const result = step(name);
        if (result !== null) return result;
      }
      return name;
    };
  return { toOurs: first(forward), toReference: first(backward) };
}

/** Renames the keys of a map. Two keys that become one are a CheckpointError. */
export function renameKeys<T>(
  entries: Iterable<readonly [string, T]>,
  rename: (name: string) => string,
  where: string,
): Map<string, T> {
  const result = new Map<string, T>();
  const origin = new Map<string, string>();
  for (const [name, value] of entries) {
    const renamed = rename(name);
    if (result.has(renamed)) {
      throw new CheckpointError(
        `${where}: keys '${origin.get(renamed)}' and '${name}' both become '${renamed}'; mend the rename rules`,
      );
    }
    origin.set(renamed, name);
    result.set(renamed, value);
  }
  return result;
}

function isPair(rule: RenameRule): rule is readonly [string, string] {
  return Array.isArray(rule);
}

function replacement([pattern, replace]: readonly [RegExp, string]): Step {
  const once = new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, ''));
  return (name) => (once.test(name) ? name.replace(once, replace) : null);
}

const isPrefix = (side: string): boolean => side === '' || side.endsWith('.');

function template(reference: string, ours: string): Step {
  const bothPrefixes = isPrefix(reference) && isPrefix(ours);
  const [from, to] = bothPrefixes ? [`${reference}{_rest*}`, `${ours}{_rest*}`] : [reference, ours];
  const names = placeholders(from);
  check(
    names.toSorted().join(' ') === placeholders(to).toSorted().join(' ') && new Set(names).size === names.length,
    () => `rename rule '${reference}' to '${ours}': both sides must have the same placeholders, each once`,
  );
  const source = from.replaceAll(/\{(\w+)(\*?)\}|[^{]+/g, (part, name: string | undefined, star: string) => {
    if (name === undefined) return part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    return star === '' ? `(?<${name}>[^.]+)` : `(?<${name}>.+)`;
  });
  const pattern = new RegExp(`^${source}$`);
  return (name) => {
    const groups = pattern.exec(name);
    return groups === null ? null : to.replaceAll(/\{(\w+)\*?\}/g, (_, key: string) => groups.groups![key]!);
  };
}

function placeholders(side: string): string[] {
  return Array.from(side.matchAll(/\{(\w+\*?)\}/g), (match) => match[1]!);
}
