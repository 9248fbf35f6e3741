/** A paper whose system works here: where it is, and the test that shows it. Each package lists its own in `src/papers.ts`. */
export interface Paper {
  /** Three digits: the paper's number in the catalogue. */
  readonly number: string;
  /** As published. */
  readonly title: string;
  /** Names that the package's main entry exports. */
  readonly exports: readonly string[];
  /** Test file, relative to the package: `test/papers/054-fcn.test.ts`. */
  readonly test: string;
  /** Title of the `it` or `describe` in that file which shows what the paper claims, against its baseline. */
  readonly testName: string;
}
