/** A workload ready to be timed. */
export interface Prepared {
  /** One repetition, finished when it returns: the result has been read back. */
  step(): void | Promise<void>;
  dispose(): void;
}

/** Each folder of `workloads/` has an `ours.ts` that exports one as `workload`, and a `twin.py` twin. */
export interface Workload {
  /** What is timed, with its sizes. */
  readonly description: string;
  prepare(): Prepared | Promise<Prepared>;
}
