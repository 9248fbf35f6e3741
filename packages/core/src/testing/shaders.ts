import type * as tf from '@tensorflow/tfjs-core';
import * as kernels from '../kernels/webgpu.js';
import { elementType, shaderKey, shaderText, type Binding } from '../webgpu/shader.js';
import type { Gpu, WebGPUKernel } from '../webgpu/kernel.js';
import type { KernelCase, KernelCases } from './kernel-measure.js';

/** A shader as a kernel would have it compiled. */
export interface RecordedShader {
  readonly name: string;
  readonly key: string;
  readonly text: string;
  /** Arrays that it binds; eight are always to be had. */
  readonly arrays: number;
}

/** Whether a kernel has a version in WGSL. */
export function hasShaders({ kernel }: KernelCases<object, object>): boolean {
  return versionOf(kernel.kernelName) !== undefined;
}

function versionOf(kernelName: string): WebGPUKernel | undefined {
  return (Object.values(kernels) as WebGPUKernel[]).find((version) => version.kernelName === kernelName);
}

/** The shaders that a kernel runs in a case, in their order, without a GPU; none when it leaves the case to its reference. */
export function recordShaders(
  { kernel }: KernelCases<object, object>,
  { inputs, attrs }: KernelCase,
): RecordedShader[] {
  const recorded: RecordedShader[] = [];
  const allocate: Gpu['allocate'] = (shape, dtype = 'float32') => ({ dataId: {}, shape: [...shape], dtype });
  const bindings = (tensors: object): Binding[] =>
    Object.entries(tensors as Record<string, tf.TensorInfo | null | undefined>).flatMap(([name, tensor]) =>
      tensor == null ? [] : [{ name, type: elementType(tensor.dtype) }],
    );
  const infos = Object.entries(inputs).flatMap(([name, given]) =>
    given === null ? [] : [[name, allocate(given.shape, given.dtype)] as const],
  );
  versionOf(kernel.kernelName)?.run(Object.fromEntries(infos), attrs, {
    allocate,
    scratch: allocate,
    upload: (values) => allocate([values.length], values instanceof Float32Array ? 'float32' : 'int32'),
    share: ({ dataId, dtype }, shape, as = dtype) => ({ dataId, shape: [...shape], dtype: as }),
    run(shader, { inputs: read, outputs: written, constants = {}, groups: [x, y = 1, z = 1] }) {
      if (x * y * z === 0) return;
      const arrays = [bindings(read), bindings(written)] as const;
      recorded.push({
        name: shader.name,
        key: shaderKey(shader as never, ...arrays, constants),
        text: shaderText(shader as never, ...arrays, constants),
        arrays: arrays.flat().length,
      });
    },
  });
  return recorded;
}
