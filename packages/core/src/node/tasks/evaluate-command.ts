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
  return defineCommand<S & typeof shared>({
    description: command.description,
    options: { ...command.options, ...shared },
    async run(options, _args, context) {
      const choice = options as OptionValues<typeof shared>;
      const model = await checkpointOf(choice.model, choice.checkpoint as 'best');
      const data = await command.open(options as OptionValues<S>);
      const { lines, json } = await withModel({ ...choice, model }, context, command.load, (loaded) =>
        command.score(loaded, data, options, context),
      );
      for (const line of lines) context.print(line);
      if (choice.json !== undefined) await writeJson(choice.json, json);
    },
  });
}
