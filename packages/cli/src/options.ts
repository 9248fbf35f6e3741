import { Option } from 'commander';
import { companions, flagName, InvalidArgumentError, type OptionSpec, type OptionSpecs } from '@hourglass/core';

/** What else --help says of an option. */
function describe({ description, required, conflicts = [], goesWith }: OptionSpec): string {
  const notes = [
    ...(required ? ['required'] : []),
    ...(goesWith === undefined ? [] : [`with ${companions(goesWith)}`]),
    ...(conflicts.length === 0 ? [] : [`not with ${conflicts.map(flagName).join(', ')}`]),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

/** A specification as commander's options. A flag that is on by default becomes `--no-…`. */
export function toOption(key: string, spec: OptionSpec): Option {
  if (spec.kind === 'flag') {
    return spec.default === true
      ? new Option(flagName(key).replace('--', '--no-'), describe(spec))
      : new Option(flagName(key), describe(spec)).default(false, 'off');
  }
  const placeholder = spec.placeholder ?? (spec.kind === 'text' ? 'TEXT' : spec.kind === 'list' ? 'A,B' : 'N');
  const option = new Option(`${flagName(key)} <${placeholder}>`, describe(spec));
  if (spec.choices !== undefined && spec.kind === 'text') option.choices([...spec.choices]);
  else option.argParser((text) => parseValue(key, spec, text));
  if (spec.default !== undefined)
    option.default(spec.default, Array.isArray(spec.default) ? spec.default.join(',') : undefined);
  if (spec.required) option.makeOptionMandatory();
  return option;
}

/** @throws InvalidArgumentError that names the option, what was given and what it takes. */
export function parseValue(key: string, spec: OptionSpec, text: string): string | number | string[] {
  const fail = (what: string): never => {
    throw new InvalidArgumentError(`${flagName(key)} takes ${what}, not '${text}'`);
  };
  if (spec.kind === 'list') {
    const items = text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean);
    const odd = items.find((item) => spec.choices !== undefined && !spec.choices.includes(item));
    return odd === undefined ? items : fail(`some of ${spec.choices!.join(', ')}`);
  }
  if (spec.kind === 'text') return text;
  const value = text.trim() === '' ? NaN : Number(text);
  const noun = spec.kind === 'integer' ? 'a whole number' : 'a number';
  if (!Number.isFinite(value) || (spec.kind === 'integer' && !Number.isInteger(value))) return fail(noun);
  const { min = -Infinity, max = Infinity } = spec;
  if (value >= min && value <= max) return value;
  if (max === Infinity) return fail(`${noun} of at least ${min}`);
  return fail(min === -Infinity ? `${noun} of at most ${max}` : `${noun} from ${min} to ${max}`);
}

/** Keeps only what the command declared, so that commander's own keys do not reach a task. */
export function pickOptions(specs: OptionSpecs, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.keys(specs).map((key) => [key, values[key]]));
}
