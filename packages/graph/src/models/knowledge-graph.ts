/**
 * Embeddings of knowledge graphs, with the parameters of PyTorch Geometric's `nn.kge`.
 *
 * TransE: Bordes et al. 2013, "Translating Embeddings for Modeling Multi-relational Data". DistMult: Yang et al. 2014, arXiv:1412.6575. ComplEx:
 * Trouillon et al. 2016, arXiv:1606.06357. RotatE: Sun et al. 2019, arXiv:1902.10197.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  checkCount,
  ConfiguredModel,
  defaultGenerator,
  Embedding,
  functional,
  init,
  loadPretrained,
  losses,
  ownFamily,
  scope,
  type Config,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { fromReference } from './reference-config.js';

/** What an embedding of a knowledge graph is built from; plain data, kept in config.json. */
export interface KGEConfig {
  /** Number of entities. */
  readonly numNodes: number;
  readonly numRelations: number;
  /** Width of the embeddings; of either part, where they are complex. */
  readonly hiddenChannels: number;
  /** By how much true triples should score higher than corrupted ones (TransE, DistMult), or the highest score (RotatE). Default 1. */
  readonly margin: number;
  /** TransE: the norm of distances. Default 1. */
  readonly pNorm: number;
}

export type KGEOptions = Pick<KGEConfig, 'numNodes' | 'numRelations' | 'hiddenChannels'> &
  Partial<KGEConfig> & {
    /** For the first values of the parameters, and for corrupted triples. */
    readonly generator?: Generator;
  };

/** Scores of triples (head, relation, tail): the higher, the likelier. Entities and relations are int32 tensors. */
export abstract class KGEModel extends ConfiguredModel<KGEConfig> {
  protected override readonly modelType = modelType;
  /** Which of the models this is, in config.json. */
  protected abstract readonly kind: string;
  override readonly config: KGEConfig;
  /** [entities, hiddenChannels] */
  readonly node_emb: Embedding;
  /** [relations, hiddenChannels] */
  readonly rel_emb: Embedding;
  readonly #generator: Generator | undefined;

  constructor(options: KGEOptions) {
    super();
    const { generator, ...given } = options;
    this.config = { margin: 1, pNorm: 1, ...given };
    const { numNodes, numRelations, hiddenChannels } = this.config;
    for (const [name, count] of Object.entries({ numNodes, numRelations, hiddenChannels })) {
      checkCount(name, count);
    }
    this.#generator = generator;
    this.node_emb = new Embedding(numNodes, hiddenChannels, { generator });
    this.rel_emb = new Embedding(numRelations, hiddenChannels, { generator });
  }

  /** Number of entities. */
  get numNodes(): number {
    return this.config.numNodes;
  }

  get numRelations(): number {
    return this.config.numRelations;
  }

  /**
   * Scores of triples.
   *
   * @param head int32 [n], as the others
   * @returns float32 [n]
   */
  forward(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    check(
      head.rank === 1 &&
        relation.rank === 1 &&
        tail.rank === 1 &&
        head.size === relation.size &&
        head.size === tail.size,
      () =>
        `${this.kind} takes n heads, n relations and n tails, ` +
        `got [${head.shape.join(', ')}], [${relation.shape.join(', ')}] and [${tail.shape.join(', ')}]`,
    );
    return scope(() => this.score(head, relation, tail));
  }

  /** {@link forward}, inside a scope. */
  protected abstract score(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor;

  /** Scores of every entity as the tail of n queries: [n, entities]. */
  abstract scoreTails(head: tf.Tensor, relation: tf.Tensor): tf.Tensor;

  /** Scores of every entity as the head of n queries: [n, entities]. */
  abstract scoreHeads(relation: tf.Tensor, tail: tf.Tensor): tf.Tensor;

  /** How well true triples are told from as many corrupted ones: a scalar. */
  abstract loss(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor;

  /** Magnitudes of the embeddings that a triple is scored by, each [n, hiddenChannels]. For regularisers. */
  factors(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor[] {
    return [this.node_emb.forward(head), this.rel_emb.forward(relation), this.node_emb.forward(tail)].map((x) =>
      tf.abs(x),
    );
  }

  /** The triples with a random head (the first half) or tail (the others). */
  corrupt(head: tf.Tensor, tail: tf.Tensor): { readonly head: tf.Tensor; readonly tail: tf.Tensor } {
    const generator = this.#generator ?? defaultGenerator();
    const [count, half] = [head.size, Math.floor(head.size / 2)];
    return scope(() => {
      const drawn = tf.tensor1d(
        Int32Array.from({ length: count }, () => generator.integer(0, this.numNodes)),
        'int32',
      );
      const part = (x: tf.Tensor, from: number, size: number): tf.Tensor => tf.slice(x, from, size);
      return {
        head: tf.concat([part(drawn, 0, half), part(head, half, count - half)]),
        tail: tf.concat([part(tail, 0, half), part(drawn, half, count - half)]),
      };
    });
  }

  /** What config.json of a checkpoint of this model holds. */
  override checkpointConfig(): Config {
    return { model_type: this.modelType, model: this.kind, ...this.config };
  }

  /** Scores of the triples, and of as many corrupted ones. For use inside a scope. */
  protected scores(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): [tf.Tensor, tf.Tensor] {
    const other = this.corrupt(head, tail);
    return [this.forward(head, relation, tail), this.forward(other.head, relation, other.tail)];
  }

  protected rankingLoss(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return scope(() => {
      const [right, wrong] = this.scores(head, relation, tail);
      return losses.marginRanking(right, wrong, tf.onesLike(right), { margin: this.config.margin });
    });
  }

  protected classificationLoss(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return scope(() => {
      const [right, wrong] = this.scores(head, relation, tail);
      return losses.bceWithLogits(tf.concat([right, wrong]), tf.concat([tf.onesLike(right), tf.zerosLike(wrong)]));
    });
  }
}

/** Relations are translations: the score is -‖h + r - t‖, heads and tails of length 1. */
export class TransE extends KGEModel {
  protected override readonly kind = 'TransE';
  constructor(options: KGEOptions) {
    super(options);
    const { hiddenChannels, pNorm } = this.config;
    const bound = 6 / Math.sqrt(hiddenChannels);
    const random = { generator: options.generator };
    init.uniform(this.node_emb.weight, -bound, bound, random);
    init.uniform(this.rel_emb.weight, -bound, bound, random);
    scope(() => this.rel_emb.weight.assign(functional.normalize(this.rel_emb.weight.value, { p: pNorm })));
  }

  protected override score(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    const difference = tf.sub(
      tf.add(this.#unit(this.node_emb.forward(head)), this.rel_emb.forward(relation)),
      this.#unit(this.node_emb.forward(tail)),
    );
    return tf.neg(functional.vectorNorm(difference, { p: this.config.pNorm, dims: -1 }));
  }

  override scoreTails(head: tf.Tensor, relation: tf.Tensor): tf.Tensor {
    return scope(() => {
      const target = tf.add(this.#unit(this.node_emb.forward(head)), this.rel_emb.forward(relation));
      return tf.neg(distances(target, this.#unit(this.node_emb.weight.value), this.config.pNorm));
    });
  }

  override scoreHeads(relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return scope(() => {
      const target = tf.sub(this.#unit(this.node_emb.forward(tail)), this.rel_emb.forward(relation));
      return tf.neg(distances(target, this.#unit(this.node_emb.weight.value), this.config.pNorm));
    });
  }

  override loss(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return this.rankingLoss(head, relation, tail);
  }

  #unit(x: tf.Tensor): tf.Tensor {
    return functional.normalize(x, { p: this.config.pNorm });
  }
}

/** Relations are diagonal matrices: the score is Σ h r t, the same for both directions. */
export class DistMult extends KGEModel {
  protected override readonly kind = 'DistMult';
  constructor(options: KGEOptions) {
    super(options);
    xavier([this.node_emb, this.rel_emb], options.generator);
  }

  protected override score(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return tf.sum(
      tf.mul(tf.mul(this.node_emb.forward(head), this.rel_emb.forward(relation)), this.node_emb.forward(tail)),
      -1,
    );
  }

  override scoreTails(head: tf.Tensor, relation: tf.Tensor): tf.Tensor {
    return scope(() => {
      const query = tf.mul(this.node_emb.forward(head), this.rel_emb.forward(relation));
      return tf.matMul(query, this.node_emb.weight.value, false, true);
    });
  }

  override scoreHeads(relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return this.scoreTails(tail, relation);
  }

  override loss(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return this.rankingLoss(head, relation, tail);
  }
}

/** DistMult of complex numbers: the real part of Σ h r t̄, which differs by direction. */
export class ComplEx extends KGEModel {
  protected override readonly kind = 'ComplEx';
  readonly node_emb_im: Embedding;
  readonly rel_emb_im: Embedding;

  constructor(options: KGEOptions) {
    super(options);
    const { numNodes, numRelations, hiddenChannels } = this.config;
    this.node_emb_im = new Embedding(numNodes, hiddenChannels, { generator: options.generator });
    this.rel_emb_im = new Embedding(numRelations, hiddenChannels, { generator: options.generator });
    xavier([this.node_emb, this.node_emb_im, this.rel_emb, this.rel_emb_im], options.generator);
  }

  protected override score(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    const query = product(this.#node(head), this.#relation(relation));
    const [re, im] = this.#node(tail);
    return tf.sum(tf.add(tf.mul(query[0], re), tf.mul(query[1], im)), -1);
  }

  override scoreTails(head: tf.Tensor, relation: tf.Tensor): tf.Tensor {
    return scope(() => this.#against(product(this.#node(head), this.#relation(relation))));
  }

  override scoreHeads(relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return scope(() => this.#against(product(this.#node(tail), conjugate(this.#relation(relation)))));
  }

  override loss(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return this.classificationLoss(head, relation, tail);
  }

  override factors(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor[] {
    // the root has no gradient at 0
    return [this.#node(head), this.#relation(relation), this.#node(tail)].map(([re, im]) =>
      tf.sqrt(tf.add(tf.add(tf.square(re), tf.square(im)), 1e-12)),
    );
  }

  #node(index: tf.Tensor): Complex {
    return [this.node_emb.forward(index), this.node_emb_im.forward(index)];
  }

  #relation(index: tf.Tensor): Complex {
    return [this.rel_emb.forward(index), this.rel_emb_im.forward(index)];
  }

  /** The real part of the product with every entity's conjugate. */
  #against([re, im]: Complex): tf.Tensor {
    return tf.add(
      tf.matMul(re, this.node_emb.weight.value, false, true),
      tf.matMul(im, this.node_emb_im.weight.value, false, true),
    );
  }
}

/** Relations are rotations of complex numbers: the score is margin - ‖h r - t‖. */
export class RotatE extends KGEModel {
  protected override readonly kind = 'RotatE';
  readonly node_emb_im: Embedding;

  constructor(options: KGEOptions) {
    super(options);
    const { numNodes, hiddenChannels } = this.config;
    const random = { generator: options.generator };
    this.node_emb_im = new Embedding(numNodes, hiddenChannels, random);
    xavier([this.node_emb, this.node_emb_im], options.generator);
    init.uniform(this.rel_emb.weight, 0, 2 * Math.PI, random);
  }

  protected override score(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    const [re, im] = product(this.#node(head), this.#rotation(relation));
    const [tailRe, tailIm] = this.#node(tail);
    const difference = tf.stack([tf.sub(re, tailRe), tf.sub(im, tailIm)], 2);
    return tf.sub(this.config.margin, functional.vectorNorm(difference, { dims: [1, 2] }));
  }

  override scoreTails(head: tf.Tensor, relation: tf.Tensor): tf.Tensor {
    return scope(() => this.#against(product(this.#node(head), this.#rotation(relation))));
  }

  override scoreHeads(relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    // a rotation keeps distances, so the tail can be turned back
    return scope(() => this.#against(product(this.#node(tail), conjugate(this.#rotation(relation)))));
  }

  override loss(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return this.classificationLoss(head, relation, tail);
  }

  #node(index: tf.Tensor): Complex {
    return [this.node_emb.forward(index), this.node_emb_im.forward(index)];
  }

  #rotation(relation: tf.Tensor): Complex {
    const angle = this.rel_emb.forward(relation);
    return [tf.cos(angle), tf.sin(angle)];
  }

  #against(target: Complex): tf.Tensor {
    const all = tf.concat([this.node_emb.weight.value, this.node_emb_im.weight.value], 1);
    return tf.sub(this.config.margin, distances(tf.concat([...target], 1), all, 2));
  }
}

type Complex = readonly [re: tf.Tensor, im: tf.Tensor];

function product([a, b]: Complex, [c, d]: Complex): Complex {
  return [tf.sub(tf.mul(a, c), tf.mul(b, d)), tf.add(tf.mul(a, d), tf.mul(b, c))];
}

function conjugate([re, im]: Complex): Complex {
  return [re, tf.neg(im)];
}

function xavier(embeddings: readonly Embedding[], generator: Generator | undefined): void {
  for (const { weight } of embeddings) init.xavierUniform(weight, { generator });
}

/** p-norms of the differences of all pairs of rows: [n, width] and [m, width] to [n, m]. */
function distances(a: tf.Tensor, b: tf.Tensor, p: number): tf.Tensor {
  if (p === 2) {
    const squares = (x: tf.Tensor): tf.Tensor => tf.sum(tf.square(x), 1, true);
    const cross = tf.mul(tf.matMul(a, b, false, true), -2);
    return tf.sqrt(tf.relu(tf.add(tf.add(cross, squares(a)), tf.transpose(squares(b)))));
  }
  // a few rows at a time: all pairs of rows by width would be too much
  const [n, width] = a.shape as [number, number];
  const rows = Math.max(1, Math.floor(2 ** 24 / (b.size || 1)));
  const parts: tf.Tensor[] = [];
  for (let at = 0; at < n; at += rows) {
    const some = tf.slice(a, [at, 0], [Math.min(rows, n - at), width]);
    parts.push(
      scope(() => functional.vectorNorm(tf.sub(tf.expandDims(some, 1), tf.expandDims(b, 0)), { p, dims: -1 })),
    );
  }
  return parts.length === 0 ? tf.zeros([0, b.shape[0]!]) : tf.concat(parts);
}

const modelType = 'hourglass-knowledge-graph';

const models = { TransE, DistMult, ComplEx, RotatE } as const;

/** Kinds of checkpoint that {@link loadKnowledgeGraphModel} reads. */
export const knowledgeGraphFamilies: ReadonlyArray<ModelFamily<KGEModel>> = [
  ownFamily(modelType, ({ model, ...config }: KGEOptions & { readonly model: keyof typeof models }) => {
    check(
      Object.hasOwn(models, String(model)),
      () => `config.json: there is no knowledge graph model '${String(model)}'`,
    );
    return new models[model](config);
  }),
  ...Object.entries(models).map(([name, Model]) =>
    fromReference(`torch_geometric.nn.${name}`, (args) => new Model(args as unknown as KGEOptions)),
  ),
];

/** Loads a checkpoint of one of these models, of this library or of PyTorch Geometric. */
export function loadKnowledgeGraphModel(source: string, options?: OpenOptions): Promise<KGEModel> {
  return loadPretrained(source, knowledgeGraphFamilies, options);
}
