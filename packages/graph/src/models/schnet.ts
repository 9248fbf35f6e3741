/**
 * SchNet: "SchNet: A continuous-filter convolutional neural network for modeling quantum interactions", Schütt et al. 2017,
 * arXiv:1706.08566. As PyTorch Geometric's `SchNet`, without its dipole moments.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  checkCount,
  ConfiguredModel,
  disposeAfterGradients,
  Embedding,
  functional,
  loadPretrained,
  Module,
  ModuleList,
  ownFamily,
  scope,
  Sequential,
  StateBuffer,
  UnsupportedError,
  type Generator,
  type Linear,
  type ModelFamily,
  type OpenOptions,
  type UnaryModule,
} from '@hourglass/core';
import { radiusGraph, type EdgeIndex } from '../edges/index.js';
import { aggregationOf, type AggregationName } from '../layers/index.js';
import { glorotLinear } from '../layers/initialise.js';
import { atDestinations, atSources } from '../layers/message-passing.js';
import { fromReference } from './reference-config.js';

/** What a {@link SchNet} is built from; plain data, kept in config.json. */
export interface SchNetConfig {
  /** Default 128. */
  readonly hiddenChannels: number;
  /** Default 128. */
  readonly numFilters: number;
  /** Number of interaction blocks. Default 6. */
  readonly numInteractions: number;
  /** Number of Gaussians that distances are expanded in. Default 50. */
  readonly numGaussians: number;
  /** Atoms further from each other than this do not interact. Default 10. */
  readonly cutoff: number;
  /** Default 32. */
  readonly maxNumNeighbors: number;
  /** What makes one energy of those of atoms. Default `add`. */
  readonly readout: AggregationName;
  /** Atoms' energies are multiplied by `std`, and `mean` is added; null for neither. Default null. */
  readonly mean: number | null;
  readonly std: number | null;
  /** Atomic numbers lie below it; 0 is padding. Default 100. */
  readonly atomTypes: number;
  /** Energies of single atoms by atomic number, which are added. Default null. */
  readonly atomref: readonly number[] | null;
}

const defaults: SchNetConfig = {
  hiddenChannels: 128,
  numFilters: 128,
  numInteractions: 6,
  numGaussians: 50,
  cutoff: 10,
  maxNumNeighbors: 32,
  readout: 'add',
  mean: null,
  std: null,
  atomTypes: 100,
  atomref: null,
};

export type SchNetOptions = Partial<SchNetConfig> & { readonly generator?: Generator };

/** What a {@link SchNet} takes besides atoms and positions. */
export interface SchNetInputs {
  /** Which molecule each atom belongs to. Default: all to one. */
  readonly batch?: functional.Segments | null;
  /** The pairs of atoms that interact, in both directions. Default: those within the cutoff, looked for in every call. */
  readonly edges?: EdgeIndex | null;
}

/** Energies of molecules, by atomic numbers and positions; moving or turning a molecule does not change them. */
export class SchNet extends ConfiguredModel<SchNetConfig> {
  protected override readonly modelType = modelType;
  override readonly config: SchNetConfig;
  readonly embedding: Embedding;
  readonly distance_expansion: GaussianSmearing;
  readonly interactions: ModuleList<InteractionBlock>;
  readonly lin1: Linear;
  readonly lin2: Linear;
  readonly atomref: Embedding | null;
  readonly initial_atomref: StateBuffer | null;

  constructor(options: SchNetOptions = {}) {
    super();
    const { generator, ...given } = options;
    const config = { ...defaults, ...given };
    this.config = config;
    const { hiddenChannels, numFilters, numInteractions, numGaussians, cutoff, atomTypes, atomref } = config;
    check(cutoff > 0, () => `SchNet: cutoff must be positive, got ${cutoff}`);
    checkCount('SchNet: numGaussians', numGaussians, 2);
    const random = { generator };
    this.embedding = new Embedding(atomTypes, hiddenChannels, { paddingIdx: 0, ...random });
    this.distance_expansion = new GaussianSmearing(cutoff, numGaussians);
    this.interactions = new ModuleList(
      Array.from(
        { length: numInteractions },
        () => new InteractionBlock(hiddenChannels, numGaussians, numFilters, cutoff, random),
      ),
    );
    this.lin1 = glorotLinear(hiddenChannels, Math.floor(hiddenChannels / 2), random);
    this.lin2 = glorotLinear(Math.floor(hiddenChannels / 2), 1, random);
    this.atomref = atomref === null ? null : new Embedding(atomref.length, 1);
    this.initial_atomref = atomref === null ? null : new StateBuffer(tf.tensor2d([...atomref], [atomref.length, 1]));
    scope(() => this.atomref?.weight.assign(this.initial_atomref!.value));
  }

  /** Loads a checkpoint of this library or of PyTorch Geometric. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<SchNet> {
    return loadPretrained(source, schNetFamilies, options);
  }

  /**
   * @param z int32 [atoms]: atomic numbers
   * @param pos float32 [atoms, 3]
   * @returns float32 [molecules, 1]: energies, differentiable in the positions; which atoms interact is held fixed
   */
  forward(z: tf.Tensor, pos: tf.Tensor, { batch = null, edges = null }: SchNetInputs = {}): tf.Tensor {
    const { cutoff, maxNumNeighbors, mean, std, readout } = this.config;
    check(
      z.rank === 1 && pos.rank === 2 && pos.shape[0] === z.size && pos.shape[1] === 3,
      () => `SchNet takes atoms [n] and positions [n, 3], got [${z.shape.join(', ')}] and [${pos.shape.join(', ')}]`,
    );
    const near = edges ?? radiusGraph(pos, cutoff, { batch, maxNeighbours: maxNumNeighbors });
    const graphs = batch ?? new functional.Segments(new Int32Array(z.size), 1);
    try {
      return scope(() => {
        const apart = tf.sub(atSources(pos, near), atDestinations(pos, near));
        // its gradient at 0 is 0
        const distance = functional.vectorNorm(apart, { dims: -1 });
        const expanded = this.distance_expansion.forward(distance);
        let h: tf.Tensor = this.embedding.forward(z);
        for (const block of this.interactions) h = tf.add(h, block.interact(h, near, distance, expanded));
        let energy = this.lin2.forward(shiftedSoftplus(this.lin1.forward(h)));
        if (mean !== null && std !== null) energy = tf.add(tf.mul(energy, std), mean);
        if (this.atomref !== null) energy = tf.add(energy, this.atomref.forward(z));
        return aggregationOf(readout).forward(energy, graphs);
      });
    } finally {
      if (edges === null) disposeAfterGradients(near);
      if (batch === null) disposeAfterGradients(graphs);
    }
  }

  /** {@link forward}, and the forces on the atoms: minus the gradient of the energies by the positions, float32 [atoms, 3]. */
  energyAndForces(
    z: tf.Tensor,
    pos: tf.Tensor,
    inputs: SchNetInputs = {},
  ): { readonly energy: tf.Tensor; readonly forces: tf.Tensor } {
    return scope(() => {
      const [gradient] = [tf.grad((at) => tf.sum(this.forward(z, at, inputs)))(pos)];
      return { energy: this.forward(z, pos, inputs), forces: tf.neg(gradient) };
    });
  }
}

function shiftedSoftplus(x: tf.Tensor): tf.Tensor {
  return tf.sub(functional.softplus(x), Math.LN2);
}

class ShiftedSoftplus extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => shiftedSoftplus(x));
  }
}

/** Values of Gaussians whose centres lie evenly from 0 to the cutoff. */
class GaussianSmearing extends Module {
  /** [gaussians] */
  readonly offset: StateBuffer;
  readonly #factor: number;

  constructor(cutoff: number, count: number) {
    super();
    this.offset = new StateBuffer(tf.linspace(0, cutoff, count));
    this.#factor = -0.5 / (cutoff / (count - 1)) ** 2;
  }

  /** [n] to [n, gaussians] */
  forward(x: tf.Tensor): tf.Tensor {
    return tf.exp(tf.mul(tf.square(tf.sub(tf.expandDims(x, 1), this.offset.value)), this.#factor));
  }
}

/** Sums of neighbours' features, multiplied by a filter that a network makes of the distance. */
class CFConv extends Module {
  readonly lin1: Linear;
  readonly lin2: Linear;
  readonly #cutoff: number;

  constructor(
    channels: number,
    filters: number,
    readonly nn: Sequential,
    cutoff: number,
    random: { readonly generator?: Generator },
  ) {
    super();
    this.lin1 = glorotLinear(channels, filters, { bias: false, ...random });
    this.lin2 = glorotLinear(filters, channels, random);
    this.#cutoff = cutoff;
  }

  forward(x: tf.Tensor, edges: EdgeIndex, distance: tf.Tensor, expanded: tf.Tensor): tf.Tensor {
    // falls to 0 at the cutoff, so that energies do not jump
    const fading = tf.mul(tf.add(tf.cos(tf.mul(distance, Math.PI / this.#cutoff)), 1), 0.5);
    const filter = tf.mul(this.nn.forward(expanded), tf.expandDims(fading, 1));
    const features = this.lin1.forward(x);
    // every filter is a head of one feature, so no features of edges are made
    const heads = tf.expandDims(features, 2);
    return this.lin2.forward(tf.squeeze(functional.spmm(edges.adjacency, filter, heads), [2]));
  }
}

class InteractionBlock extends Module {
  readonly mlp: Sequential;
  readonly conv: CFConv;
  readonly lin: Linear;

  constructor(
    channels: number,
    gaussians: number,
    filters: number,
    cutoff: number,
    random: { readonly generator?: Generator },
  ) {
    super();
    this.mlp = new Sequential(
      glorotLinear(gaussians, filters, random),
      new ShiftedSoftplus(),
      glorotLinear(filters, filters, random),
    );
    this.conv = new CFConv(channels, filters, this.mlp, cutoff, random);
    this.lin = glorotLinear(channels, channels, random);
  }

  interact(x: tf.Tensor, edges: EdgeIndex, distance: tf.Tensor, expanded: tf.Tensor): tf.Tensor {
    return this.lin.forward(shiftedSoftplus(this.conv.forward(x, edges, distance, expanded)));
  }
}

const modelType = 'hourglass-schnet';

/** Kinds of checkpoint that {@link SchNet.fromPretrained} reads. */
export const schNetFamilies: ReadonlyArray<ModelFamily<SchNet>> = [
  ownFamily(modelType, (config: SchNetOptions) => new SchNet(config)),
  fromReference('torch_geometric.nn.SchNet(', (args, { tensors }) => {
    if (args['dipole'] === true) {
      throw new UnsupportedError(
        'SchNet: a checkpoint made for dipole moments (dipole=True); only energies can be computed',
      );
    }
    const rows = (name: string): number | undefined => tensors.specs.get(name)?.shape[0];
    const references = rows('atomref.weight');
    return new SchNet({
      ...(args as unknown as SchNetOptions),
      atomTypes: rows('embedding.weight') ?? defaults.atomTypes,
      atomref: references === undefined ? null : Array.from({ length: references }, () => 0),
    });
  }),
];
