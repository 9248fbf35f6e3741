import type { Module } from '../../module/index.js';
import { defineCommand, type TaskCommand } from '../../tasks/index.js';
import { withModel } from './models.js';
import { backendOption, checkpointOption, modelOption } from './options.js';

/** A verb info before {@link defineInfoCommand} makes one of it. */
export interface InfoCommand<M extends Module> {
  readonly description: string;
  /** Lines that say which models there are. */
  available(): readonly string[];
  load(folder: string): Promise<M>;
  /** Lines that say what a model is. */
  describe(model: M): readonly string[];
}

/** The verb info of a task: what the model that `--model` names is or, without one, which there are. */
export function defineInfoCommand<M extends Module>(command: InfoCommand<M>): TaskCommand {
  return defineCommand({
    description: command.description,
    options: {
      model: { ...modelOption, required: false },
      checkpoint: checkpointOption,
      backend: backendOption,
    },
    async run({ model, checkpoint, backend }, _args, context) {
      const lines =
        model === undefined
          ? command.available()
          : await withModel({ model, checkpoint, backend }, context, command.load, command.describe);
      for (const line of lines) context.print(line);
    },
  });
}
