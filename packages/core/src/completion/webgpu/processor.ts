import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '../../webgpu/backend.js';
import type { Composition } from '../composition.js';

/** The parts of TFJS's cpu backend that are needed here. */
interface CpuBackend extends tf.KernelBackend {
  /** Whether its advertisement is still to be printed. */
  firstUse: boolean;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: tf.BackendValues): tf.TensorInfo;
  readSync(dataId: object): tf.BackendValues;
  disposeData(dataId: object, force?: boolean): boolean;
}

type Given = tf.TensorInfo | readonly tf.TensorInfo[];

/**
 * A kernel of the cpu backend, upon numbers that are read back from the GPU: for text, for results whose size depends on the
 * numbers, and for what is rare and quickly done. Like every read it needs `await` in a browser, where this is an error.
 */
function onProcessor(kernelName: string): Composition {
  return {
    kernelName,
    because: 'slow',
    run(inputs, attrs, backend) {
      const gpu = backend as WebGPUBackend;
      const cpu = tf.findBackend('cpu') as CpuBackend;
      cpu.firstUse = false;
      const made: tf.TensorInfo[] = [];
      const noted = (info: tf.TensorInfo): tf.TensorInfo => {
        made.push(info);
        return info;
      };
      const copy = (x: Given): Given =>
        Array.isArray(x)
          ? x.map((each: tf.TensorInfo) => copy(each) as tf.TensorInfo)
          : noted(fetched(x as tf.TensorInfo));
      const fetched = ({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo =>
        cpu.makeTensorInfo(shape, dtype, gpu.readSync(dataId));
      try {
        const outputs = tf.getKernel(kernelName, 'cpu').kernelFunc({
          inputs: Object.fromEntries(
            Object.entries(inputs).map(([name, x]) => [name, copy(x)]),
          ) as tf.NamedTensorInfoMap,
          attrs: attrs as tf.NamedAttrMap,
          backend: cpu,
        });
        const results = [outputs].flat().map((output) => {
          const { dataId, shape, dtype } = noted(output);
          return gpu.makeTensorInfo(shape, dtype, cpu.readSync(dataId));
        });
        return Array.isArray(outputs) ? results : results[0]!;
      } finally {
        for (const { dataId } of made) cpu.disposeData(dataId);
      }
    },
  };
}

export const processorKernels: readonly Composition[] = [
  tf.LinSpace,
  tf.NonMaxSuppressionV3,
  tf.NonMaxSuppressionV4,
  tf.NonMaxSuppressionV5,
  tf.RaggedGather,
  tf.RaggedRange,
  tf.RaggedTensorToTensor,
  tf.SparseFillEmptyRows,
  tf.SparseReshape,
  tf.StaticRegexReplace,
  tf.StringNGrams,
  tf.StringSplit,
  tf.StringToHashBucketFast,
  tf.Unique,
].map(onProcessor);
