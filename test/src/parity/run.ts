import * as tf from '@tensorflow/tfjs-core';
import { decodeValues, layouts, type Parameter, type StoredTensor } from '@hourglass/core';
import type { NamedTensors, ParityAdapter, ParityCase, Runnable } from '@hourglass/core/testing';
import type { Bound, GoldenFolder } from './folder.js';

/** One compared tensor. `ratio` is max |ours - reference| ÷ its bound; over 1, or not a number, is a failure. */
export interface Check {
  readonly name: string;
  readonly ratio: number;
  readonly note: string;
}

export interface CaseResult {
  readonly id: string;
  readonly op: string;
  /** False when no package knows the model or operation. */
  readonly known: boolean;
  readonly checks: readonly Check[];
  /** Set when the case threw. */
  readonly error?: string;
}

/** Runs every case of a folder on the current backend. */
export async function runFolder(folder: GoldenFolder, adapters: readonly ParityAdapter[]): Promise<CaseResult[]> {
  const listed = folder.config['cases'] as Array<{ id: string; op: string; args: Record<string, unknown> }> | undefined;
  const results: CaseResult[] = [];
  for (const { id, op, args } of listed ?? [{ id: '', op: '', args: {} }]) {
    results.push(await runCase(folder, id, op, args, adapters));
  }
  return results;
}

async function runCase(
  folder: GoldenFolder,
  id: string,
  op: string,
  args: Record<string, unknown>,
  adapters: readonly ParityAdapter[],
): Promise<CaseResult> {
  const dot = id === '' ? '' : `${id}.`;
  const inputs = Object.fromEntries(
    [...under(folder.io.tensors, `input.${dot}`)].map(([name, stored]) => [name, toTensor(stored)]),
  );
  const outputs = under(folder.io.tensors, `output.${dot}`);
  const parityCase: ParityCase = {
    folder: folder.path,
    config: folder.config,
    call: folder.call,
    op,
    args,
    parameters: id === '' ? folder.parameters : under(folder.parameters, dot),
    inputs,
    outputs: new Map(Array.from(outputs, ([name, { shape }]) => [name, shape])),
  };
  let runnable: Runnable | undefined;
  try {
    const known = adapters.filter((candidate) => candidate.knows(parityCase));
    const adapter = known.find(({ library }) => library !== undefined) ?? known[0];
    if (adapter === undefined) return { id, op, known: false, checks: [] };
    runnable = await adapter.prepare(parityCase);
    const checks = [
      ...checkOutputs(folder, dot, outputs, runnable, inputs),
      ...checkGradients(folder, dot, runnable, inputs),
    ];
    return { id, op, known: true, checks };
  } catch (error) {
    return { id, op, known: true, checks: [], error: error instanceof Error ? error.message : String(error) };
  } finally {
    tf.dispose(inputs);
    runnable?.module?.dispose();
    runnable?.dispose?.();
  }
}

function checkOutputs(
  folder: GoldenFolder,
  dot: string,
  expected: ReadonlyMap<string, StoredTensor>,
  runnable: Runnable,
  inputs: NamedTensors,
): Check[] {
  const ours = tf.tidy(() => runnable.forward(inputs));
  const checks = Array.from(expected, ([name, stored]) =>
    compare(`output.${name}`, ours[name], stored, folder.tolerance[`${dot}${name}`]),
  );
  tf.dispose(ours);
  return checks;
}

function checkGradients(folder: GoldenFolder, dot: string, runnable: Runnable, inputs: NamedTensors): Check[] {
  const ofInputs = under(folder.io.tensors, `grad.input.${dot}`);
  const ofParameters = new Map(
    [...under(folder.io.tensors, `grad.${dot}`)].filter(([name]) => !name.startsWith('input.')),
  );
  if (ofInputs.size + ofParameters.size === 0) return [];
  const cotangents = under(folder.io.tensors, `cotangent.${dot}`);
  const named = new Map<string, Parameter>(runnable.module?.namedParameters() ?? []);
  const missing = [...ofParameters.keys()].filter((name) => !named.has(name));
  if (missing.length > 0) throw new Error(`the model has no parameter ${missing.join(', ')}`);
  const parameters = [...ofParameters.keys()].map((name) => named.get(name)!);

  const leaves = Object.fromEntries([...ofInputs.keys()].map((name) => [name, tf.variable(inputs[name]!)]));
  try {
    const { value, grads } = tf.variableGrads(() => {
      const ours = runnable.forward({ ...inputs, ...leaves });
      if (cotangents.size === 0) return tf.sum(ours['loss']!) as tf.Scalar;
      const terms = Array.from(cotangents, ([name, stored]) => {
        const output = ours[name];
        if (output === undefined) throw new Error(`the adapter returns no output '${name}'`);
        return tf.sum(tf.mul(output, toTensor(stored)));
      });
      return tf.addN(terms) as tf.Scalar;
    }, [...Object.values(leaves), ...parameters.map((parameter) => parameter.variable)]);
    value.dispose();
    const checks: Check[] = [];
    for (const [name, stored] of ofInputs) {
      checks.push(
        compare(`grad.input.${name}`, grads[leaves[name]!.name], stored, folder.tolerance[`grad.input.${dot}${name}`]),
      );
    }
    [...ofParameters].forEach(([name, stored], i) => {
      const parameter = parameters[i]!;
      const gradient = grads[parameter.variable.name];
      const bound = folder.tolerance[`grad.${dot}${name}`];
      checks.push(compare(`grad.${name}`, gradient, stored, bound, parameter.layout));
    });
    tf.dispose(grads);
    return checks;
  } finally {
    tf.dispose(leaves);
  }
}

/** The test that the goldens' README states: |ours - reference| <= 20 max_abs_err + 1e-5 max(1, max_abs); integers equal. */
function compare(
  name: string,
  ours: tf.Tensor | null | undefined,
  stored: StoredTensor,
  bound: Bound | undefined,
  layout = layouts.plain,
): Check {
  if (ours === undefined || ours === null) return { name, ratio: Infinity, note: 'missing' };
  const shape = layouts.checkpointShape(layout, ours.shape);
  if (shape.join() !== stored.shape.join()) {
    return {
      name,
      ratio: Infinity,
      note: `shape [${shape.join(', ')}], the reference has [${stored.shape.join(', ')}]`,
    };
  }
  const actual = layouts.toCheckpoint(layout, ours.dataSync() as Float32Array, ours.shape);
  const { dtype, values: expected } = decodeValues(stored);
  const exact = dtype !== 'float32';
  let largest = 0;
  for (const x of expected) if (Number.isFinite(x)) largest = Math.max(largest, Math.abs(x));
  const allowed = exact ? 0 : 20 * (bound?.max_abs_err ?? 0) + 1e-5 * Math.max(1, bound?.max_abs ?? largest);
  let ratio = 0;
  let note = '';
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (a === e || (Number.isNaN(a) && Number.isNaN(e))) continue;
    const here = exact || !Number.isFinite(a) || !Number.isFinite(e) ? Infinity : Math.abs(a - e) / allowed;
    if (here > ratio) [ratio, note] = [here, `element ${i} is ${a}, the reference has ${e}`];
  }
  return { name, ratio, note };
}

function under(tensors: ReadonlyMap<string, StoredTensor>, prefix: string): Map<string, StoredTensor> {
  const found = new Map<string, StoredTensor>();
  for (const [name, stored] of tensors) if (name.startsWith(prefix)) found.set(name.slice(prefix.length), stored);
  return found;
}

function toTensor(stored: StoredTensor): tf.Tensor {
  const { dtype, values } = decodeValues(stored);
  return tf.tensor(values, [...stored.shape], dtype);
}
