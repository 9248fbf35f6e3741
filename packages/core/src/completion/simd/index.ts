import { assemble } from './assembler.js';
import {
  elementwiseFunctions,
  type ColumnProducts,
  type MaximumWindow,
  type VectorCombination,
} from './elementwise.js';
import { vectorFunctions, type VectorFunction, type VectorFunctionName } from './functions.js';
import { transposedProduct, type TransposedProduct } from './gemm.js';

export interface SimdKernels extends Readonly<Record<VectorFunctionName, VectorFunction>> {
  readonly transposedProduct: TransposedProduct;
  readonly maximum: VectorCombination;
  readonly minimum: VectorCombination;
  readonly columnProducts: ColumnProducts;
  readonly maximumWindow: MaximumWindow;
}

const instances = new WeakMap<object, SimdKernels | null>();

interface Heap {
  getMemoryOffset(dataId: object): number;
}

/** Where a tensor's numbers begin in the memory of the wasm backend. */
export function addressOf(backend: object, { dataId }: { readonly dataId: object }): number {
  return (backend as Heap).getMemoryOffset(dataId);
}

/**
 * Vector kernels that work in the memory of TFJS's wasm backend, or null where that memory cannot be reached or is shared
 * between threads, or where the engine has no vector instructions.
 */
export function simdKernels(backend: object): SimdKernels | null {
  let kernels = instances.get(backend);
  if (kernels === undefined) {
    kernels = instantiate(backend);
    instances.set(backend, kernels);
  }
  return kernels;
}

function instantiate(backend: object): SimdKernels | null {
  const { wasm } = backend as { wasm: { asm?: Record<string, unknown>; HEAPU8: Uint8Array } };
  const memory = Object.values(wasm.asm ?? {}).find((item) => item instanceof WebAssembly.Memory);
  if (memory === undefined || memory.buffer !== wasm.HEAPU8.buffer) return null;
  const code = assemble([transposedProduct, ...vectorFunctions, ...elementwiseFunctions]);
  if (!(memory.buffer instanceof ArrayBuffer) || !WebAssembly.validate(code)) return null;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { host: { memory } });
  return instance.exports as unknown as SimdKernels;
}
