import type { UnaryModule } from '@hourglass/core';
import { scope } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * A layer at work on sound that comes in pieces [N, time, channels] of any length. What comes out, joined, is what the layer makes of
 * the pieces joined, up to rounding. It works with the weights of the moment when it was made, which were computed then (weight norm is
 * folded once); it keeps its state between the pieces until it is disposed.
 */
export interface LayerStream {
  /**
   * @param x the next piece [N, time, in], which stays the caller's; null for none
   * @param last no more will come: everything held back comes out, with what the layer puts behind the end
   * @returns what can be told by now [N, time, out], the caller's; null for nothing
   */
  push(x: tf.Tensor | null, last: boolean): tf.Tensor | null;
  /** Frees the state; harmless when repeated. */
  dispose(): void;
}

/** A layer that can work on pieces. */
export interface Streamable extends UnaryModule {
  /** @throws UnsupportedError when the layer needs the whole signal at once */
  stream(): LayerStream;
}

export function isStreamable(module: UnaryModule): module is Streamable {
  return typeof (module as Partial<Streamable>).stream === 'function';
}

/** A tensor that outlives the scopes it is set in. */
export class Held {
  #tensor: tf.Tensor | null;

  constructor(tensor: tf.Tensor | null = null) {
    this.#tensor = tensor === null ? null : tf.keep(tf.clone(tensor));
  }

  get value(): tf.Tensor | null {
    return this.#tensor;
  }

  /** Takes over `tensor`, and frees the one before. */
  set(tensor: tf.Tensor | null): void {
    const former = this.#tensor;
    this.#tensor = tensor === null ? null : tf.keep(tensor);
    if (former !== tensor) former?.dispose();
  }

  dispose(): void {
    this.set(null);
  }
}

/** Two pieces [N, time, channels] as one that belongs to the caller; null stands for an empty one. */
export function joined(a: tf.Tensor | null, b: tf.Tensor | null): tf.Tensor | null {
  if (a !== null && b !== null) return tf.concat([a, b], 1);
  const one = a ?? b;
  return one === null ? null : tf.clone(one);
}

/** Steps [from, to) of x [N, time, channels]; null for none. */
export function steps(x: tf.Tensor, from: number, to: number): tf.Tensor | null {
  const [n, , channels] = x.shape as [number, number, number];
  return to <= from ? null : tf.slice(x, [0, from, 0], [n, to - from, channels]);
}

/** Layers one behind the other. */
export class SequentialStream implements LayerStream {
  readonly #streams: readonly LayerStream[];

  /** @param layers streams or modules, of which those that are not {@link Streamable} must treat each step for itself, as activations do */
  constructor(layers: Iterable<UnaryModule | LayerStream>) {
    this.#streams = Array.from(layers, (layer) => {
      if ('push' in layer) return layer;
      return isStreamable(layer) ? layer.stream() : new StepwiseStream(layer);
    });
  }

  push(x: tf.Tensor | null, last: boolean): tf.Tensor | null {
    return scope(() => {
      let y = x;
      for (const stream of this.#streams) {
        if (y === null && !last) return null;
        y = stream.push(y, last);
      }
      return y === x && y !== null ? tf.clone(y) : y;
    });
  }

  dispose(): void {
    for (const stream of this.#streams) stream.dispose();
  }
}

/** A module that treats each step for itself. */
class StepwiseStream implements LayerStream {
  constructor(readonly module: UnaryModule) {}

  push(x: tf.Tensor | null): tf.Tensor | null {
    return x === null ? null : this.module.forward(x);
  }

  dispose(): void {}
}

/** The sum of two ways through, of which one may come later than the other. */
export class SumStream implements LayerStream {
  readonly #ways: readonly [LayerStream, LayerStream];
  readonly #waiting = [new Held(), new Held()] as const;

  constructor(first: LayerStream, second: LayerStream) {
    this.#ways = [first, second];
  }

  push(x: tf.Tensor | null, last: boolean): tf.Tensor | null {
    return scope(() => {
      const pieces = this.#ways.map((way, i) => joined(this.#waiting[i]!.value, way.push(x, last)));
      const ready = Math.min(...pieces.map((piece) => piece?.shape[1] ?? 0));
      pieces.forEach((piece, i) => {
        this.#waiting[i]!.set(piece === null ? null : steps(piece, ready, piece.shape[1]!));
      });
      if (ready === 0) return null;
      const [a, b] = pieces.map((piece) => steps(piece!, 0, ready)!) as [tf.Tensor, tf.Tensor];
      return tf.add(a, b);
    });
  }

  dispose(): void {
    for (const way of this.#ways) way.dispose();
    for (const held of this.#waiting) held.dispose();
  }
}

/** The way past a layer: what comes in goes out. */
export class IdentityStream implements LayerStream {
  push(x: tf.Tensor | null): tf.Tensor | null {
    return x === null ? null : tf.clone(x);
  }

  dispose(): void {}
}
