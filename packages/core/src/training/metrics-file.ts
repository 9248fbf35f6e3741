import type { Files, WritableFile } from '../platform/types.js';

/**
 * Metrics of a run, one JSON object a line. There is no time of day in it: a run that was killed and resumed leaves
 * the same bytes as an unbroken one.
 */
export class MetricsFile {
  private constructor(
    private readonly file: WritableFile,
    private written: number,
  ) {}

  /** Opens it for appending, after shortening it to `size` bytes: what was written after the last checkpoint goes. */
  static async open(path: string, size: number, files: Files): Promise<MetricsFile> {
    let present = 0;
    if ((await files.kind(path)) === 'file') {
      const file = await files.open(path);
      present = Math.min(size, file.size);
      await file.close();
      await files.truncate(path, present);
    }
    return new MetricsFile(await files.append(path), present);
  }

  /** Length in bytes. */
  get size(): number {
    return this.written;
  }

  async write(line: Readonly<Record<string, unknown>>): Promise<void> {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    await this.file.write(bytes);
    this.written += bytes.byteLength;
  }

  /** Returns when all lines are on the disk. */
  sync(): Promise<void> {
    return this.file.sync();
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
