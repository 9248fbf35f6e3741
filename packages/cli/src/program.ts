import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import {
  checkTogether,
  ProgressLine,
  verbs,
  type NamedArgument,
  type OptionSpecs,
  type OptionValues,
  type Task,
  type TaskCommand,
  type TaskContext,
  type Verb,
} from '@hourglass/core';
import { checkWritable } from '@hourglass/core/node';
import type { TaskPackage } from './discover.js';
import { pickOptions, toOption } from './options.js';
import { describeInstallation } from './installation.js';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

const verbDescriptions: Readonly<Record<Verb, string>> = {
  train: 'train a model on a folder of your own files',
  evaluate: 'score a trained model on a data set',
  predict: 'run a trained model on a file, a folder or a glob',
  info: 'say what is installed here, or what a model is',
};

/** Builds the whole command from the packages found. Actions throw; {@link main} turns that into exit codes. */
export function buildProgram(packages: readonly TaskPackage[], context: TaskContext): Command {
  const program = new Command('hourglass')
    .description('Encoder-decoder models: train them on your files, evaluate them, predict with them.')
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand(false)
    .showSuggestionAfterError();
  for (const verb of verbs) {
    const command = program.command(verb).description(verbDescriptions[verb]);
    const tasks = packages.flatMap(({ tasks }) => tasks.filter((task) => task.commands[verb] !== undefined));
    for (const task of tasks) addCommand(command, task.name, task.commands[verb]!, context);
    if (verb === 'info') {
      command.action(async (_options: unknown, self: Command) => {
        rejectUnknownTask(self, tasks);
        for (const line of await describeInstallation(packages)) context.print(line);
      });
    } else {
      command.usage('TASK [options]').action((_options: unknown, self: Command) => {
        rejectUnknownTask(self, tasks);
        const known = tasks.map(({ name }) => name).join(', ');
        self.error(
          known === ''
            ? `error: no installed package can ${verb} anything; install one, for example: npm install @hourglass/vision`
            : `error: say what to ${verb}: hourglass ${verb} ${tasks[0]!.name} --help (tasks: ${known})`,
        );
      });
    }
    command.allowExcessArguments();
  }
  for (const task of packages.flatMap(({ tasks }) => tasks)) {
    for (const [words, spec] of Object.entries(task.ownCommands ?? {})) {
      const [last, ...path] = words.split(' ').toReversed() as [string, ...string[]];
      const parent = path.toReversed().reduce((under, word) => group(under, word, task), program);
      addCommand(parent, last, spec, context);
    }
  }
  settle(program);
  return program;
}

/** The command of this name under `parent`, made when there is none, which itself only says what is under it. */
function group(parent: Command, word: string, task: Task): Command {
  const found = parent.commands.find((command) => command.name() === word);
  if (found !== undefined) return found;
  const command = parent.command(word).description(task.description).allowExcessArguments();
  return command.action((_options: unknown, self: Command) => {
    const known = self.commands.map((under) => under.name()).join(', ');
    const [given] = self.args;
    self.error(
      given === undefined
        ? `error: say what to do: hourglass ${word} followed by one of ${known}`
        : `error: unknown command '${word} ${given}'; there are ${known}`,
    );
  });
}

function addCommand(parent: Command, name: string, spec: TaskCommand, context: TaskContext): void {
  // commands that only say what is under them take any; this one would leave them unread
  const command = parent.command(name).description(spec.description).allowExcessArguments(false);
  const named: readonly NamedArgument[] = Array.isArray(spec.arguments) ? spec.arguments : [];
  for (const { name, description } of named) command.argument(`<${name}>`, description);
  if (spec.arguments !== undefined && !Array.isArray(spec.arguments)) {
    const { name, description, required } = spec.arguments as { name: string; description: string; required: boolean };
    command.argument(required ? `<${name}...>` : `[${name}...]`, description);
  }
  for (const [key, option] of Object.entries(spec.options)) command.addOption(toOption(key, option));
  command.action(async (...received: unknown[]) => {
    const self = received.at(-1) as Command;
    const values = pickOptions(spec.options, self.opts());
    checkTogether(spec.options, values, (key) => self.getOptionValueSource(key) === 'cli');
    const places = [
      ...Object.entries(spec.options).map(([key, { writes }]) => [values[key], writes] as const),
      ...named.map(({ writes }, i) => [self.args[i], writes] as const),
    ];
    for (const [path, writes] of places) {
      if (writes !== undefined && typeof path === 'string') await checkWritable(path, writes);
    }
    await spec.run(values as OptionValues<OptionSpecs>, self.args, context);
  });
}

function rejectUnknownTask(command: Command, tasks: readonly Task[]): void {
  const [given] = command.args;
  if (given === undefined) return;
  const known = tasks.map(({ name }) => name).join(', ') || 'none (no package with this task is installed)';
  command.error(`error: unknown task '${given}'; installed tasks: ${known}`);
}

/** Throw instead of exiting, in every sub-command. */
function settle(command: Command): void {
  command.exitOverride();
  command.configureHelp({ showGlobalOptions: false, sortSubcommands: false });
  for (const child of command.commands) settle(child);
}

/** Runs the command line and returns its exit code: 0, 2 for wrong use or input, 130 when stopped, 1 for a fault of ours. */
export async function main(
  args: readonly string[],
  packages: readonly TaskPackage[],
  { print, signal }: TaskContext,
): Promise<number> {
  const progress = new ProgressLine();
  const program = buildProgram(packages, {
    signal,
    onProgress: progress.onProgress,
    print(line) {
      progress.clear();
      print(line);
    },
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return signal.aborted ? 130 : 0;
  } catch (error) {
    progress.clear();
    if (signal.aborted && error === signal.reason) {
      console.error('stopped');
      return 130;
    }
    if (error instanceof CommanderError) {
      // Help and version end this way too; commander has printed its sentence.
      return error.exitCode === 0 || error.code === 'commander.help' || error.code === 'commander.helpDisplayed'
        ? 0
        : 2;
    }
    const { exitCode } = error as { exitCode?: number };
    if (typeof exitCode === 'number') {
      console.error(`error: ${(error as Error).message}`);
      return exitCode;
    }
    console.error(error);
    console.error('This is a fault in Hourglass. Please report it with the lines above.');
    return 1;
  }
}
