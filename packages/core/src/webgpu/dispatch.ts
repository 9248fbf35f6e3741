import * as tf from '@tensorflow/tfjs-core';
import { HourglassError } from '../errors.js';
import type { TfjsBackend } from './internals.js';
import {
  elementType,
  shaderKey,
  shaderText,
  uniformFields,
  type Binding,
  type Constants,
  type Shader,
} from './shader.js';

type Tensors = Readonly<Record<string, tf.TensorInfo | null | undefined>>;

/** One run of a shader. */
export interface Call<C extends Constants> {
  /** By the names that they have in the shader; those that are null or undefined are left out of it. */
  readonly inputs: Tensors;
  /** As inputs; arrays that the shader writes, and may read. */
  readonly outputs: Tensors;
  readonly uniforms?: Readonly<Record<string, number>>;
  readonly constants?: C;
  /** Workgroups along each axis; any number of them. None, and nothing is run. */
  readonly groups: readonly [x: number, y?: number, z?: number];
}

/** Runs shaders on the device. */
export interface Dispatcher {
  run<C extends Constants>(shader: Shader<C>, call: Call<C>): void;
  /** The texts of all shaders compiled so far, by key. */
  readonly compiled: ReadonlyMap<string, string>;
}

const perDimension = 65535;

export function dispatcher(backend: TfjsBackend): Dispatcher {
  const { device } = backend;
  const compiled = new Map<string, string>();
  const pipelines = new Map<string, GPUComputePipeline>();
  /** Bound in place of outputs without elements, since one buffer may not be written under two names. */
  const spare: GPUBuffer[] = [];

  function pipeline(shader: Shader, inputs: readonly Binding[], outputs: readonly Binding[], constants: Constants) {
    const key = shaderKey(shader, inputs, outputs, constants);
    let found = pipelines.get(key);
    if (found === undefined) {
      const code = shaderText(shader, inputs, outputs, constants);
      const arrays = [...inputs.map(() => 'read-only-storage' as const), ...outputs.map(() => 'storage' as const)];
      // said at length, since a layout that is derived leaves out what the text does not use
      const layout = device.createBindGroupLayout({
        label: key,
        entries: (['uniform', ...arrays] as const).map((type, binding) => ({
          binding,
          visibility: GPUShaderStage.COMPUTE,
          buffer: { type },
        })),
      });
      found = device.createComputePipeline({
        label: key,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module: device.createShaderModule({ label: key, code }), entryPoint: 'main' },
      });
      compiled.set(key, code);
      pipelines.set(key, found);
    }
    return found;
  }

  function uniformBuffer(
    shader: Shader,
    groups: readonly number[],
    given: Readonly<Record<string, number>>,
  ): GPUBuffer {
    const fields = uniformFields(shader);
    const bytes = new DataView(new ArrayBuffer(Math.ceil(fields.length / 4) * 16));
    const own: Record<string, number> = {
      groups_x: groups[0]!,
      groups_y: groups[1]!,
      groups_z: groups[2]!,
      infinity_bits: 0x7f800000,
      ...given,
    };
    fields.forEach(([name, type], i) => {
      const value = own[name];
      if (value === undefined) throw new HourglassError(`shader ${shader.name} was not given its uniform '${name}'`);
      if (type === 'f32') bytes.setFloat32(i * 4, value, true);
      else if (type === 'i32') bytes.setInt32(i * 4, value, true);
      else bytes.setUint32(i * 4, value, true);
    });
    const buffer = backend.bufferManager.acquireBuffer(
      bytes.byteLength,
      GPUBufferUsage.COPY_DST | GPUBufferUsage.UNIFORM,
    );
    device.queue.writeBuffer(buffer, 0, bytes.buffer as ArrayBuffer);
    backend.uniformPendingDisposal.push(buffer);
    return buffer;
  }

  return {
    compiled,
    run(shader, { inputs, outputs, uniforms = {}, constants, groups: [x, y = 1, z = 1] }) {
      const total = x * y * z;
      if (total === 0) return;
      const [read, written] = [present(inputs), present(outputs)];
      const tensors = [...read, ...written].map(([, tensor]) => tensor);
      for (const { dataId } of tensors) backend.uploadToGPU(dataId);
      const used = pipeline(shader as Shader, read.map(binding), written.map(binding), constants ?? {});
      const buffers = [uniformBuffer(shader as Shader, [x, y, z], uniforms), ...tensors.map(bufferOf(read.length))];
      const bindGroup = device.createBindGroup({
        layout: used.getBindGroupLayout(0),
        entries: buffers.map((buffer, i) => ({ binding: i, resource: { buffer } })),
      });
      for (const { dataId } of tensors) backend.commandQueueOwnedIds.add(dataId);
      backend.ensureCommandEncoderReady();
      backend.computePassEncoder ??= backend.commandEncoder!.beginComputePass({ label: shader.name });
      backend.computePassEncoder.setPipeline(used);
      backend.computePassEncoder.setBindGroup(0, bindGroup);
      backend.computePassEncoder.dispatchWorkgroups(Math.min(total, perDimension), Math.ceil(total / perDimension));
      backend.dispatchCountInPass++;
      if (backend.dispatchCountInPass >= tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) {
        backend.endComputePassEncoder();
        backend.submitQueue();
      }
    },
  };

  function bufferOf(inputs: number): (tensor: tf.TensorInfo, i: number) => GPUBuffer {
    return ({ dataId, shape }, i) =>
      i >= inputs && tf.util.sizeFromShape(shape) === 0
        ? (spare[i - inputs] ??= device.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE }))
        : backend.tensorMap.get(dataId).resource!;
  }
}

function present(tensors: Tensors): Array<[name: string, tensor: tf.TensorInfo]> {
  return Object.entries(tensors).filter((entry): entry is [string, tf.TensorInfo] => entry[1] != null);
}

function binding([name, { dtype }]: [string, tf.TensorInfo]): Binding {
  return { name, type: elementType(dtype) };
}
