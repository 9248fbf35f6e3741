import { CheckpointError, UnsupportedError } from '../errors.js';
import type { Module } from '../module/module.js';
import type { Files } from '../platform/types.js';
import { withoutDraws } from '../random/without-draws.js';
import { platform } from '#platform';
import { textContent, writeFilesAtomically, type Content } from './atomic.js';
import { loadCheckpoint, openCheckpoint, type Checkpoint, type OpenOptions } from './checkpoint.js';
import type { Config } from './config.js';
import { renameKeys, renaming, type RenameRule } from './rename.js';
import { layOutSafetensors } from './safetensors.js';
import { persistentState, planLoad, storedDtype, storeValues } from './state-dict.js';

/** A kind of model that can be rebuilt from its `config.json`. */
export interface ModelFamily<M extends Module = Module> {
  /** Shown to users whose checkpoint is of no known family. */
  readonly modelType: string;
  matches(config: Config): boolean;
  /**
   * Builds the model, not yet loaded. `checkpoint` tells the shapes of the stored tensors. What must read other files of the checkpoint
   * first promises a function that builds.
   */
  build(config: Config, checkpoint: Checkpoint): M | Promise<() => M>;
  /** How the checkpoint's names become the model's. */
  readonly rename?: readonly RenameRule[] | ((config: Config) => readonly RenameRule[]);
  /** Keys that this family's checkpoints hold and its models do not need. */
  readonly ignore?: readonly RegExp[] | ((config: Config, checkpoint: Checkpoint) => readonly RegExp[]);
}

/** A family that builds at once: config.json and the stored shapes say all. */
export interface DirectFamily<M extends Module = Module> extends ModelFamily<M> {
  build(config: Config, checkpoint: Checkpoint): M;
}

/**
 * Checkpoints that this library's own `savePretrained` wrote: `model_type` in config.json says so, and the rest of it is what
 * `build` takes; its type is not looked into.
 */
export function ownFamily<M extends Module, C = Config>(modelType: string, build: (config: C) => M): DirectFamily<M> {
  return {
    modelType,
    matches: (config) => config['model_type'] === modelType,
    build: ({ model_type: _modelType, ...config }: Config) => build(config as C),
  };
}

/**
 * Opens a checkpoint, builds the model that its configuration describes, and loads it. The model is in training mode, as
 * a new one is.
 *
 * @throws CheckpointError when no family matches the configuration or keys do not fit; FileError when files are damaged.
 */
export async function loadPretrained<M extends Module>(
  source: string,
  families: ReadonlyArray<ModelFamily<M>>,
  options: OpenOptions = {},
): Promise<M> {
  const checkpoint = await openCheckpoint(source, options);
  try {
    const { config } = checkpoint;
    const family = families.find((candidate) => candidate.matches(config));
    if (family === undefined) throw new CheckpointError(unknownFamily(source, config, families));
    let model = await built(family, checkpoint, withoutDraws);
    try {
      const rename = typeof family.rename === 'function' ? family.rename(config) : family.rename;
      const ignore = typeof family.ignore === 'function' ? family.ignore(config, checkpoint) : family.ignore;
      const how = { ...(rename && { rename }), ...(ignore && { ignore }), where: checkpoint.where };
      if (leavesSomeOut(model, planLoad(model, checkpoint.tensors.specs, how))) {
        model.dispose();
        model = await built(family, checkpoint, (make) => make());
      }
      await loadCheckpoint(model, checkpoint, how);
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  } finally {
    await checkpoint.close();
  }
}

/** The family's model of a checkpoint. @param run runs what makes it */
async function built<M extends Module>(
  family: ModelFamily<M>,
  checkpoint: Checkpoint,
  run: <T>(make: () => T) => T,
): Promise<M> {
  const made = run(() => family.build(checkpoint.config, checkpoint));
  return made instanceof Promise ? run(await made) : made;
}

/** Whether something keeps the value that it was made with. */
function leavesSomeOut(model: Module, plan: ReadonlyMap<unknown, string>): boolean {
  return [...persistentState(model).values()].some((leaf) => !plan.has(leaf) && leaf.dtype === 'float32');
}

function unknownFamily(source: string, config: Config, families: readonly ModelFamily[]): string {
  const fields = ['model_type', 'architectures', '_class_name', 'architecture', 'class', 'library'];
  const says = fields.filter((key) => key in config).map((key) => `${key} ${JSON.stringify(config[key])}`);
  const known = families.map((family) => family.modelType).join(', ');
  return `${source}: unknown kind of model: config.json says ${says.join(', ') || 'nothing of it'}; known here are ${known || 'none'}`;
}

export interface SaveOptions {
  /** Written as `config.json`. */
  readonly config: Config;
  /** Further JSON files by name: `vocab.json`, `preprocessor_config.json`. {@link Checkpoint.readJson} reads them. */
  readonly json?: Readonly<Record<string, object>>;
  /** Text kept in the header of the weights. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The rules with which the model was loaded; the reference's names are written. */
  readonly rename?: readonly RenameRule[];
  /** Replaces the file system. */
  readonly files?: Files;
}

/**
 * Writes `model.safetensors` and `config.json` into a folder, which is made when it is not there. Each file is replaced
 * as a whole; when writing fails, for instance on a full disk, the old ones stay.
 * @throws FileError
 */
export async function savePretrained(module: Module, folder: string, options: SaveOptions): Promise<void> {
  const files = options.files ?? platform.files;
  if (files === null) throw new UnsupportedError(`${folder}: a browser cannot write folders; use stateDict()`);
  await writeFilesAtomically(files, folder, modelContents(module, options));
}

/** All files of a checkpoint. */
export function modelContents(
  module: Module,
  options: Omit<SaveOptions, 'files'>,
): Array<readonly [name: string, content: Content]> {
  const json = Object.entries({ ...options.json, 'config.json': options.config });
  return [
    ['model.safetensors', moduleContent(module, options)],
    ...json.map(([name, value]) => [name, textContent(`${JSON.stringify(value, null, 2)}\n`)] as const),
  ];
}

/** The weights as a safetensors file, written tensor by tensor. `format: pt` is what the reference libraries look for. */
export function moduleContent(module: Module, options: Pick<SaveOptions, 'metadata' | 'rename'> = {}): Content {
  return async (file) => {
    const state = renameKeys(persistentState(module), renaming(options.rename).toReference, 'the model');
    const specs = Array.from(
      state,
      ([name, leaf]) => [name, { dtype: storedDtype(leaf.dtype), shape: leaf.checkpointShape, leaf }] as const,
    );
    const { head, order } = layOutSafetensors(specs, { format: 'pt', ...options.metadata });
    await file.write(head);
    for (const [, { leaf }] of order) await file.write(storeValues(await leaf.variable.data(), leaf).bytes);
  };
}
