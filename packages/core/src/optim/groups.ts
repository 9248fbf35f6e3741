import { check } from '../errors.js';
import { Parameter } from '../module/index.js';

/** What every optimiser's groups can set. */
export interface OptimizerOptions {
  /** Learning rate. */
  readonly lr?: number;
  /** Climbs instead of descending. Default false. */
  readonly maximize?: boolean;
}

/** Parameters, or parameters with their names, as `module.parameters()` and `module.namedParameters()` give them. */
export type ParameterList = Iterable<Parameter> | Iterable<readonly [string, Parameter]>;

/** Parameters with options of their own; what is left out comes from the optimiser's options. */
export type ParameterGroup<O> = O & { readonly params: ParameterList };

/** What an optimiser optimises. Names make its state readable and independent of the order of parameters. */
export type Parameters<O> = ParameterList | Iterable<ParameterGroup<O>>;

/** A group as the optimiser keeps it. The options may be changed between steps: schedules set `lr`. */
export type Group<O> = { -readonly [K in keyof O]-?: O[K] } & {
  lr: number;
  maximize: boolean;
  /** The rate that schedules start from; set by the first schedule. */
  initialLr?: number;
  readonly params: readonly Parameter[];
  readonly names: readonly string[];
};

/** Checks and completes what the user passed. Unnamed parameters are named by their position among all. */
export function makeGroups<O extends OptimizerOptions>(given: Parameters<O>, defaults: Required<O>): Group<O>[] {
  const items = [...(given as Iterable<unknown>)];
  check(items.length > 0, 'an optimiser needs at least one parameter; the list is empty');
  const lists = items.every(isGroup) ? (items as ParameterGroup<O>[]) : [{ params: items as Parameter[] }];
  const seen = new Set<Parameter>();
  const names = new Set<string>();
  return lists.map(({ params, ...options }, at) => {
    const group = { ...defaults, ...defined(options), params: [] as Parameter[], names: [] as string[] };
    for (const item of params as Iterable<unknown>) {
      const [name, parameter]: unknown[] = Array.isArray(item) ? item : [String(seen.size), item];
      check(
        parameter instanceof Parameter && typeof name === 'string',
        `group ${at} holds something that is neither a Parameter nor a [name, Parameter] pair`,
      );
      check(!seen.has(parameter), `parameter '${name}' of shape [${parameter.shape.join(', ')}] is listed twice`);
      check(!names.has(name), `two parameters are named '${name}'`);
      seen.add(parameter);
      names.add(name);
      group.params.push(parameter);
      group.names.push(name);
    }
    check(group.params.length > 0, `parameter group ${at} is empty`);
    return group as unknown as Group<O>;
  });
}

function isGroup(item: unknown): boolean {
  return typeof item === 'object' && item !== null && !(item instanceof Parameter) && 'params' in item;
}

/** An option given as undefined counts as left out. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** {@link defined} options over the defaults. */
export function complete<O extends object>(options: O, defaults: Required<O>): Required<O> {
  return { ...defaults, ...defined(options) };
}
