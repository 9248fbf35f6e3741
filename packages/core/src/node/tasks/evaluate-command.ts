import { basename, dirname, join } from 'node:path';
import type { Module } from '../../module/index.js';
import {
  defineCommand,
  type OptionSpecs,
  type OptionValues,
  type TaskCommand,
  type TaskContext,
} from '../../tasks/index.js';
import { writeJson } from '../files.js';
import { checkpointOf, withModel } from './models.js';
import { backendOption, checkpointOption, jsonOption, modelOption } from './options.js';
import { savedSettings } from './run-folder.js';

const shared = { model: modelOption, checkpoint: checkpointOption, backend: backendOption, json: jsonOption };

/** What came of an evaluation. */
export interface Evaluation {
  /** For people. */
  readonly lines: readonly string[];
  /** For the file that `--json` names. */
  readonly json: object;
}

/** A verb evaluate before {@link defineEvaluateCommand} makes one of it. */
export interface EvaluateCommand<S extends OptionSpecs, Data, M extends Module> {
  readonly description: string;
  /** The task's own, besides model, checkpoint, backend and JSON file. */
  readonly options: S;
  /** Those of the options that are the run's unless they are given: by what its training held data back. */
  readonly ofRun?: readonly (keyof S & string)[];
  /** Opens the data, before the backend starts. */
  open(options: OptionValues<S>): Promise<Data>;
  load(folder: string): Promise<M>;
  /** The context is what is told of progress, and whose signal stops. */
  score(
    model: M,
    data: Data,
    options: OptionValues<S & typeof shared>,
    context: TaskContext,
  ): Evaluation | Promise<Evaluation>;
}

/** The verb evaluate of a task: loads the model that `--model` names, prints its scores, and writes them where `--json` says. */
export function defineEvaluateCommand<const S extends OptionSpecs, Data, M extends Module>(
  command: EvaluateCommand<S, Data, M>,
): TaskCommand {
  const { ofRun = [] } = command;
  const unlessOfRun = ofRun.map((key) => {
    const { default: usual, description, ...spec } = command.options[key]!;
    return [key, { ...spec, description: `${description} (default: the run's, else ${String(usual)})` }] as const;
  });
  return defineCommand<S & typeof shared>({
    description: command.description,
    options: { ...command.options, ...Object.fromEntries(unlessOfRun), ...shared },
    async run(given, _args, context) {
      const choice = given as OptionValues<typeof shared>;
      const model = await checkpointOf(choice.model, choice.checkpoint as 'best');
      const saved = basename(dirname(model)) === 'checkpoints' ? savedSettings(join(model, '../..')) : {};
      const values = given as Readonly<Record<string, unknown>>;
      const resolved = ofRun.map((key) => [key, values[key] ?? saved[key] ?? command.options[key]!.default] as const);
      const options = { ...given, ...Object.fromEntries(resolved) };
      const data = await command.open(options as OptionValues<S>);
      const { lines, json } = await withModel({ ...choice, model }, context, command.load, (loaded) =>
        command.score(loaded, data, options, context),
      );
      for (const line of lines) context.print(line);
      if (choice.json !== undefined) await writeJson(choice.json, json);
    },
  });
}
