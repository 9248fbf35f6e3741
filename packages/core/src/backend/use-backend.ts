import { InvalidArgumentError, UnsupportedError } from '../errors.js';
import { registerGradients } from '../gradients/index.js';
import { registerCompositions } from '../completion/index.js';
import { activate, backends, type BackendDefinition, type BackendName } from './backends.js';

/** What {@link useBackend} chose. */
export interface BackendChoice {
  readonly name: BackendName;
  /** Why this one, in one sentence, with what was tried before it. */
  readonly reason: string;
  /** Backends that `auto` passed over, and why. */
  readonly rejected: ReadonlyArray<{ readonly name: BackendName; readonly why: string }>;
}

/**
 * Chooses where tensors live and kernels run, and fills in every gradient and kernel that TFJS lacks there, so that
 * what predicts also trains. Call it once before anything else; a later call switches.
 *
 * @param name `auto` (default) takes the first that works of tensorflow, native, webgpu, wasm, cpu; a name forces one.
 * @throws UnsupportedError when a forced backend cannot work here; the message says what to install.
 */
export async function useBackend(name: BackendName | 'auto' = 'auto'): Promise<BackendChoice> {
  if (name !== 'auto') {
    const definition = backends.find((candidate) => candidate.name === name);
    if (definition === undefined) {
      throw new InvalidArgumentError(
        `unknown backend '${String(name)}'; there are auto, ${backends.map((b) => b.name).join(', ')}`,
      );
    }
    await start(definition, true);
    return { name, reason: `${name}: asked for (${definition.description})`, rejected: [] };
  }
  const rejected: Array<{ name: BackendName; why: string }> = [];
  for (const definition of backends) {
    try {
      await start(definition, false);
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      rejected.push({ name: definition.name, why: error.message });
      continue;
    }
    const passed = rejected.length === 0 ? '' : `; not available: ${rejected.map((r) => r.name).join(', ')}`;
    return { name: definition.name, reason: `${definition.name}: ${definition.description}${passed}`, rejected };
  }
  throw new UnsupportedError(`no backend works here: ${rejected.map((r) => r.why).join('; ')}`);
}

async function start(definition: BackendDefinition, chosen: boolean): Promise<void> {
  const registered = await definition.load(chosen);
  if (!(await activate(registered))) {
    const { name, ifStuck } = definition;
    throw new UnsupportedError(
      `backend '${name}' was found but does not start on this machine${ifStuck === undefined ? '' : `: ${ifStuck}`}`,
    );
  }
  registerGradients();
  registerCompositions(registered);
}
