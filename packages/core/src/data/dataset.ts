/** Examples by index, read when asked for. */
export interface Dataset<T> {
  readonly length: number;
  get(index: number): T | Promise<T>;
}
