import * as tf from '@tensorflow/tfjs-core';
import { platform } from '#platform';
import { UnsupportedError } from '../errors.js';
import * as kernels from '../kernels/webgpu.js';
import { registerWebGPUKernels } from './kernel.js';
import { describeAdapter, isSoftwareAdapter } from './adapter.js';
import { makeBackend, type WebGPUBackend } from './backend.js';
import { onDawn, provideDawn, providedDawn } from './dawn.js';
import type { TfjsWebGPU } from './internals.js';

export const backendName = 'webgpu';

/** Limits that the size of tensors needs raised. All others stay at what every device has, and every shader fits. */
const wanted = [
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
] as const satisfies ReadonlyArray<keyof GPUSupportedLimits>;

/**
 * Registers the backend `webgpu` with TFJS, on a device of ours. Idempotent; after the loss of a device the next call
 * starts on a new one.
 *
 * @param hardwareOnly refuses an adapter that computes on the processor
 * @throws UnsupportedError that says what is missing: a package, a driver, an adapter, the browser's support
 */
export async function loadWebGPU(hardwareOnly: boolean): Promise<void> {
  const before = tf.engine().registry[backendName] as WebGPUBackend | undefined;
  if (before?.isLost === false) return refuseSoftware(before, hardwareOnly);
  const scope = globalThis as { navigator?: { gpu?: GPU } };
  if (platform.isNode && scope.navigator?.gpu === undefined) await provideDawn();
  const gpu = scope.navigator?.gpu;
  if (gpu === undefined) {
    throw new UnsupportedError(
      "backend 'webgpu': this browser has no WebGPU (a page must be served over https or from localhost); use backend 'wasm'",
    );
  }
  const adapter = await onDawn(() => gpu.requestAdapter({ powerPreference: 'high-performance' }));
  if (adapter === null) {
    const where = platform.isNode
      ? 'install the driver of your GPU with Vulkan (on Linux also libvulkan1), or name a software one in VK_ICD_FILENAMES'
      : 'the browser found no usable GPU';
    throw new UnsupportedError(`backend 'webgpu': no adapter; ${where}; or use another backend`);
  }
  const adapterName = describeAdapter(adapter.info);
  refuseSoftware({ adapterName }, hardwareOnly);
  const module = (await import('@tensorflow/tfjs-backend-webgpu')) as unknown as TfjsWebGPU & { default?: TfjsWebGPU };
  // its version for Node is CommonJS
  const tfjs = module.WebGPUBackend === undefined ? module.default! : module;
  const features = (['timestamp-query', 'bgra8unorm-storage'] as const).filter((name) => adapter.features.has(name));
  const device = await onDawn(() =>
    adapter.requestDevice({
      requiredFeatures: features,
      requiredLimits: Object.fromEntries(wanted.map((limit) => [limit, adapter.limits[limit]])),
    }),
  );
  // TFJS's own factory takes a device on which not all of our kernels fit
  if (tf.findBackendFactory(backendName) != null) tf.removeBackend(backendName);
  const readsNow = providedDawn();
  tf.registerBackend(backendName, () => makeBackend(tfjs, device, adapter.info, { adapterName, readsNow }), 3);
  // TFJS would compute small tensors on the processor, by kernels that core does not mend
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  // what is left to the processor runs in its kernels
  await import('@tensorflow/tfjs-backend-cpu');
  registerWebGPUKernels(Object.values(kernels));
}

function refuseSoftware({ adapterName }: { readonly adapterName: string }, hardwareOnly: boolean): void {
  if (!hardwareOnly || !isSoftwareAdapter(adapterName)) return;
  throw new UnsupportedError(
    `backend 'webgpu': the only adapter, '${adapterName}', computes on the processor; name the backend to use it all the same`,
  );
}
