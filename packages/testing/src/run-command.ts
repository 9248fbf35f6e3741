import { checkTogether, type TaskCommand } from '@hourglass/core';

/** How to run a command of a task. */
export interface CommandRun {
  /** Those that have defaults may be left out. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What comes after the options. */
  readonly args?: readonly string[];
  /** Asked every few milliseconds; true stops the command as Ctrl-C does. */
  readonly stopWhen?: () => boolean;
}

/** Runs a command of a task as the command line does, and returns what it prints. */
export async function runCommand(
  command: TaskCommand,
  { options, args = [], stopWhen }: CommandRun,
): Promise<string[]> {
  const lines: string[] = [];
  const stop = new AbortController();
  const watch = setInterval(() => {
    if (stopWhen?.()) stop.abort();
  }, 3);
  const defaults = Object.fromEntries(
    Object.entries(command.options).map(([key, { kind, default: usual }]) => [
      key,
      kind === 'flag' ? (usual ?? false) : usual,
    ]),
  );
  const unknown = Object.keys(options).find((key) => !(key in command.options));
  if (unknown !== undefined) throw new Error(`the command has no option '${unknown}'`);
  const values = { ...defaults, ...options };
  try {
    checkTogether(command.options, values, (key) => options[key] !== undefined && options[key] !== false);
    await command.run(values as never, args, {
      print: (line) => lines.push(line),
      signal: stop.signal,
    });
  } finally {
    clearInterval(watch);
  }
  return lines;
}
