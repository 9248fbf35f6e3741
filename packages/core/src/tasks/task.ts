import type { Watch } from '../watch.js';

/** What an option of a command takes. */
export type OptionKind = 'text' | 'integer' | 'number' | 'flag' | 'list';

/** One option of a command. Its key, camelCased, becomes `--kebab-case` on the command line. */
export interface OptionSpec {
  readonly kind: OptionKind;
  /** One line for --help. */
  readonly description: string;
  /** What stands for the value in --help: `FOLDER`, `N`. */
  readonly placeholder?: string;
  readonly default?: string | number | boolean | readonly string[];
  readonly choices?: readonly string[];
  readonly required?: boolean;
  /** What is written there. That it can be is checked before the command begins. */
  readonly writes?: 'file' | 'folder';
  /** Options in whose place this one stands, or that stand in its place: both are not taken. */
  readonly conflicts?: readonly string[];
  /** What it is for: other options, of which one must be given, or have one of the values listed. It is not taken without. */
  readonly goesWith?: Readonly<Record<string, true | readonly string[]>>;
  /** Smallest number allowed. */
  readonly min?: number;
  /** Largest number allowed. */
  readonly max?: number;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<S extends OptionSpec> = S['kind'] extends 'flag'
  ? boolean
  : S['kind'] extends 'integer' | 'number'
    ? number
    : S['kind'] extends 'list'
      ? readonly string[]
      : string;

type Given<S extends OptionSpec> = S extends
  | { readonly required: true }
  | { readonly default: unknown }
  | { readonly kind: 'flag' }
  ? ValueOf<S>
  : ValueOf<S> | undefined;

/** The parsed options of a command, typed by their specification. */
export type OptionValues<S extends OptionSpecs> = { readonly [K in keyof S]: Given<S[K]> };

/** What the command line hands to a task; all of it goes on to what takes a {@link Watch}. */
export interface TaskContext extends Watch {
  /** Prints one line for people. */
  print(line: string): void;
  /** Aborted when the user asks to stop: save what there is and return, or throw its reason. */
  readonly signal: AbortSignal;
}

/** One of the arguments that a command takes in this order. */
export interface NamedArgument {
  readonly name: string;
  readonly description: string;
  /** As of {@link OptionSpec}. */
  readonly writes?: 'file' | 'folder';
}

/** One verb of a task: its options, its further arguments, and what it does. */
export interface TaskCommand<S extends OptionSpecs = OptionSpecs> {
  readonly description: string;
  readonly options: S;
  /**
   * What stands besides the options, for --help: any number of arguments of one name, or a list of arguments that must all be there. None
   * are taken without it.
   */
  readonly arguments?:
    | { readonly name: string; readonly description: string; readonly required: boolean }
    | readonly NamedArgument[];
  run(options: OptionValues<S>, args: readonly string[], context: TaskContext): Promise<void>;
}

/** The verbs of the `hourglass` command. */
export const verbs = ['train', 'evaluate', 'predict', 'info'] as const;
export type Verb = (typeof verbs)[number];

/**
 * Something a package can be asked to do from the command line. A package names the module that exports its list `tasks` in
 * package.json, as `"hourglass": { "tasks": "./tasks" }`; the command finds it when the package is installed.
 */
export interface Task {
  /** The word on the command line: `segmentation`. */
  readonly name: string;
  readonly description: string;
  readonly commands: { readonly [V in Verb]?: TaskCommand };
  /** Commands under words of the task's own: `{ 'codec encode': … }` is `hourglass codec encode`. The first word is no verb. */
  readonly ownCommands?: Readonly<Record<string, TaskCommand>>;
}

/** Keeps the types of the options inside `run`, and forgets them outside. */
export function defineCommand<const S extends OptionSpecs>(command: TaskCommand<S>): TaskCommand {
  return command as unknown as TaskCommand;
}
