import { fileURLToPath } from 'node:url';

/** The repository; processes run there, and a Python in a container sees this folder. */
export const root = fileURLToPath(new URL('../../', import.meta.url));
