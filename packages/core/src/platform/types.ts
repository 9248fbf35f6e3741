/** What core needs from the place it runs in. `#platform` resolves to Node's or the browser's version. */
export interface Platform {
  readonly isNode: boolean;
  /** Imports an optional package; null when it is not installed. Other failures to load are thrown. */
  importOptional(specifier: string): Promise<Record<string, unknown> | null>;
}
