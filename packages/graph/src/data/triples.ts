import { check } from '@hourglass/core';

/** Statements of a knowledge graph: head[i] stands in relation[i] to tail[i]. */
export interface Triples {
  readonly head: Int32Array;
  readonly relation: Int32Array;
  readonly tail: Int32Array;
}

/** @throws InvalidArgumentError when the lists differ in length, or name an entity or a relation that is not there */
export function checkTriples(what: string, triples: Triples, entities: number, relations: number): void {
  const { head, relation, tail } = triples;
  check(
    head.length === relation.length && head.length === tail.length,
    () =>
      `${what}: ${head.length} heads, ${relation.length} relations and ${tail.length} tails; each triple has one of each`,
  );
  const within = (list: Int32Array, name: string, size: number): void => {
    const wrong = list.findIndex((number) => !(number >= 0 && number < size));
    check(wrong === -1, () => `${what}: ${name} of triple ${wrong} is ${list[wrong]}, there are ${size}`);
  };
  within(head, 'head', entities);
  within(relation, 'relation', relations);
  within(tail, 'tail', entities);
}

/** For each query (entity, relation) the entities that answer it. */
export class Answers {
  readonly #of = new Map<number, number[]>();
  readonly #relations: number;

  /**
   * @param side the one that is asked for: tails of (head, relation), or heads of (tail, relation)
   */
  constructor(all: readonly Triples[], relations: number, side: 'tail' | 'head') {
    this.#relations = relations;
    const sets = new Map<number, Set<number>>();
    for (const triples of all) {
      const [given, asked] = side === 'tail' ? [triples.head, triples.tail] : [triples.tail, triples.head];
      for (let i = 0; i < given.length; i++) {
        const key = given[i]! * relations + triples.relation[i]!;
        const known = sets.get(key);
        if (known === undefined) sets.set(key, new Set([asked[i]!]));
        else known.add(asked[i]!);
      }
    }
    for (const [key, set] of sets) this.#of.set(key, [...set]);
  }

  /** The answers of a query, each once. */
  of(entity: number, relation: number): readonly number[] {
    return this.#of.get(entity * this.#relations + relation) ?? [];
  }

  /** All queries that have answers. */
  *queries(): Iterable<{ readonly entity: number; readonly relation: number; readonly answers: readonly number[] }> {
    for (const [key, answers] of this.#of) {
      yield { entity: Math.floor(key / this.#relations), relation: key % this.#relations, answers };
    }
  }
}
