/** Weighted means by name, in a form that JSON keeps exactly. */
export class Means {
  #sums: Record<string, readonly [sum: number, weight: number]>;

  constructor(state: Readonly<Record<string, readonly [number, number]>> = {}) {
    this.#sums = { ...state };
  }

  add(values: Readonly<Record<string, number>>, weight: number): void {
    for (const [name, value] of Object.entries(values)) {
      const [sum, total] = this.#sums[name] ?? [0, 0];
      this.#sums[name] = [sum + value * weight, total + weight];
    }
  }

  values(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.#sums).map(([name, [sum, weight]]) => [name, sum / weight]));
  }

  /** The means, which then start anew. */
  take(): Record<string, number> {
    const values = this.values();
    this.#sums = {};
    return values;
  }

  get state(): Record<string, readonly [number, number]> {
    return { ...this.#sums };
  }
}
