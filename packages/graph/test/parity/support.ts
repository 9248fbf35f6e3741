import type * as tf from '@tensorflow/tfjs-core';
import {
  BatchNorm1d,
  camelCase,
  check,
  Linear,
  loadStateDict,
  ReLU,
  Sequential,
  UnsupportedError,
  type Module,
  type UnaryModule,
} from '@hourglass/core';
import {
  opAdapter,
  type NamedTensors,
  type ParityAdapter,
  type ParityCase,
  type Runnable,
} from '@hourglass/core/testing';
import { EdgeIndex } from '@hourglass/graph';

export type Args = ParityCase['args'];
export type Op = (parityCase: ParityCase) => Runnable;

/** An adapter for operations of PyTorch Geometric: other libraries have some of the same names. */
export function pygAdapter(ops: Readonly<Record<string, Op>>): ParityAdapter {
  const adapter = opAdapter(ops);
  return {
    ...adapter,
    library: 'pyg',
    knows: (parityCase) => parityCase.config['library'] === 'pyg' && adapter.knows(parityCase),
  };
}

/** snake_case arguments of the reference as camelCase options. Settings of its parts by name are not known here. */
export function optionsOf(args: Args): Record<string, unknown> {
  const settings = Object.entries(args).find(
    ([name, value]) => name.endsWith('_kwargs') && Object.keys(value ?? {}).length > 0,
  );
  if (settings !== undefined) throw new UnsupportedError(`${settings[0]}: ${JSON.stringify(settings[1])}`);
  return camelCase(args);
}

/**
 * A layer on one graph, in evaluation mode, with the case's parameters.
 *
 * @param make of the arguments; options in camelCase
 * @param run gives the outputs
 * @param nodes default: the rows of x, or of pos without
 */
export function onEdges<M extends Module>(
  make: (options: Record<string, unknown>, parityCase: ParityCase) => M,
  run: (module: M, inputs: Readonly<NamedTensors>, edges: EdgeIndex) => NamedTensors,
  nodes: (inputs: Readonly<NamedTensors>) => number | readonly [number, number] = ({ x, pos }) => (x ?? pos)!.shape[0]!,
): Op {
  return (parityCase) => {
    const module = make(optionsOf(parityCase.args), parityCase);
    loadStateDict(module, parityCase.parameters);
    module.eval();
    const { inputs } = parityCase;
    const edges = new EdgeIndex(
      (inputs['edge_index'] ?? inputs['ei'] ?? inputs['hyperedge_index']) as tf.Tensor,
      nodes(inputs),
    );
    return { module, forward: (inputs) => run(module, inputs, edges), dispose: () => edges.dispose() };
  };
}

/**
 * The network under this name, as the parameters have it: a linear map, or several with batch norm where it has parameters and a ReLU
 * between them.
 */
export function networkOf({ parameters }: ParityCase, name: string): UnaryModule {
  const linear = (name: string): Linear => {
    const [outputs, inputs] = parameters.get(`${name}.weight`)!.shape;
    return new Linear(inputs!, outputs!, { bias: parameters.has(`${name}.bias`) });
  };
  if (parameters.has(`${name}.weight`)) return linear(name);
  const places = [...parameters.keys()].flatMap((key) => {
    const found = key.startsWith(`${name}.`) ? /^(\d+)\.weight$/.exec(key.slice(name.length + 1)) : null;
    return found === null ? [] : [Number(found[1])];
  });
  check(places.length > 0, () => `the case has no parameters of ${name}`);
  return new Sequential(
    ...Array.from({ length: Math.max(...places) + 1 }, (_, i) => {
      if (!places.includes(i)) return new ReLU();
      const { shape } = parameters.get(`${name}.${i}.weight`)!;
      return shape.length === 1 ? new BatchNorm1d(shape[0]!) : linear(`${name}.${i}`);
    }),
  );
}
