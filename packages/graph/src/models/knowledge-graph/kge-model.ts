import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  checkCount,
  ConfiguredModel,
  defaultGenerator,
  Embedding,
  init,
  losses,
  scope,
  type Config,
  type Generator,
} from '@hourglass/core';

export const modelType = 'hourglass-knowledge-graph';

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

/** Glorot's initialisation. */
export function glorotEmbeddings(embeddings: readonly Embedding[], generator: Generator | undefined): void {
  for (const { weight } of embeddings) init.xavierUniform(weight, { generator });
}
