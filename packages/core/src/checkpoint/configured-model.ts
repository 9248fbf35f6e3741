import { check } from '../errors.js';
import { Module } from '../module/module.js';
import type { Config } from './config.js';
import { savePretrained } from './pretrained.js';

/**
 * Base of models that are made from a configuration: plain data, which config.json of their checkpoints holds beside `model_type`.
 * `ownFamily` is the other half: it makes the model from that file again.
 */
export abstract class ConfiguredModel<C extends object = Config> extends Module {
  /** `model_type` in config.json. */
  protected abstract readonly modelType: string;
  /** The class that `architectures` in config.json names, for models of a library that asks for one; null: it names none. */
  protected readonly architecture: string | null = null;
  /** What the model was made from; null for one that was assembled from modules, which has no configuration. */
  abstract readonly config: C | null;

  /**
   * Writes config.json and model.safetensors into a folder.
   *
   * @throws InvalidArgumentError for a model assembled from modules; FileError
   */
  async savePretrained(folder: string): Promise<void> {
    await savePretrained(this, folder, { config: this.checkpointConfig(), json: this.otherFiles() });
  }

  /** JSON files that a checkpoint of this model holds besides, by name. */
  protected otherFiles(): Readonly<Record<string, Config>> {
    return {};
  }

  /** What config.json of a checkpoint of this model holds. @throws InvalidArgumentError for a model assembled from modules */
  checkpointConfig(): Config {
    const { architecture, config } = this;
    check(
      config !== null,
      'a model assembled from your own modules has no configuration: save its stateDict(), or make it from a configuration',
    );
    return { ...(architecture !== null && { architectures: [architecture] }), model_type: this.modelType, ...config };
  }
}
