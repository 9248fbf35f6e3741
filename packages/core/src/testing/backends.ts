import { useBackend, type BackendName } from '../backend/index.js';
import { UnsupportedError } from '../errors.js';

/** The backend that a whole run of tests is to use in place of their own: `HOURGLASS_TEST_BACKEND`. */
function forced(): BackendName | undefined {
  return process.env['HOURGLASS_TEST_BACKEND'] as BackendName | undefined;
}

/** The backends for tests that run on several: the given ones, or the one that this run of the tests is for. */
export function testBackends(...usual: readonly BackendName[]): readonly BackendName[] {
  const name = forced();
  return name === undefined ? usual : [name];
}

/** Starts the given backend, or the one that this run of the tests is for. */
export async function useTestBackend(usual: BackendName): Promise<BackendName> {
  return (await useBackend(forced() ?? usual)).name;
}

/** Why a backend cannot run here; null where it can, and it is then in use. */
export async function missingBackend(backend: BackendName): Promise<string | null> {
  try {
    await useBackend(backend);
    return null;
  } catch (error) {
    if (error instanceof UnsupportedError) return error.message;
    throw error;
  }
}
