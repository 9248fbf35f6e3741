// A GPU in software for tests of the webgpu backend: Chromium's SwiftShader, through Vulkan.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where Debian's package chromium has it, and where `scripts/install-software-adapter.sh` unpacks it. */
const folders = [
  '/usr/lib/chromium',
  join(dirname(fileURLToPath(import.meta.url)), '../node_modules/.cache/software-adapter/usr/lib/chromium'),
];

const named = () => process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES;

/**
 * The environment in which a process finds SwiftShader, beside its own. Null where it is not installed; nothing where the user has
 * named a driver.
 *
 * @param {{ only: boolean }} options whether it is to be the only driver; else real GPUs come before it
 */
export function softwareAdapter({ only }) {
  if (named()) return {};
  const folder = folders.find((candidate) => existsSync(join(candidate, 'vk_swiftshader_icd.json')));
  if (folder === undefined) return null;
  const path = process.env.LD_LIBRARY_PATH;
  return {
    [only ? 'VK_ICD_FILENAMES' : 'VK_ADD_DRIVER_FILES']: join(folder, 'vk_swiftshader_icd.json'),
    // it comes with a Vulkan loader, which Dawn opens by name
    LD_LIBRARY_PATH: path ? `${path}:${folder}` : folder,
  };
}

/** Whether tests can have a WebGPU adapter. */
export function hasWebGPUAdapter() {
  return softwareAdapter({ only: true }) !== null;
}
