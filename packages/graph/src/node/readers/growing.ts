/** A typed array that grows while numbers come in. */
export class Growing<A extends Int32Array | Float32Array> {
  #values: A;
  #length = 0;

  constructor(private readonly type: new (length: number) => A) {
    this.#values = new type(1024);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const more = new this.type(2 * this.#length);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.#length++] = value;
  }

  /** What came in. */
  take(): A {
    return this.#values.slice(0, this.#length) as A;
  }
}

/** Names numbered as they come. */
export class Vocabulary {
  readonly #numbers = new Map<string, number>();

  /** @param fixed the names there are; others are not taken */
  constructor(private readonly fixed: readonly string[] | null = null) {
    fixed?.forEach((name, i) => this.#numbers.set(name, i));
  }

  /** -1 for a name that is not among the fixed ones. */
  numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    if (this.fixed !== null) return -1;
    this.#numbers.set(name, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  get names(): string[] {
    return [...this.#numbers.keys()];
  }
}
