/** A file opened for reading by ranges. */
export interface ReadableFile {
  readonly size: number;
  /** Exactly `length` bytes from `offset`; fewer are a FileError. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** A new file being written. */
export interface WritableFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Returns when the bytes are on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The few file operations that core needs. Every failure is a FileError that names the path and what to do. */
export interface Files {
  kind(path: string): Promise<'file' | 'folder' | null>;
  open(path: string): Promise<ReadableFile>;
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Creates the file, or empties the one that is there. */
  create(path: string): Promise<WritableFile>;
  /** Opens the file, made when it is not there, to write at its end. */
  append(path: string): Promise<WritableFile>;
  truncate(path: string, size: number): Promise<void>;
  /** Names of the entries of a folder, sorted. */
  list(folder: string): Promise<string[]>;
  /** Makes the folder and those above it; one that is there already is fine. */
  makeFolder(path: string): Promise<void>;
  /** Atomic within a file system; replaces a file that is there. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a folder with all below it; a missing one is fine. */
  remove(path: string): Promise<void>;
  /** Makes creations and renames in this folder durable. */
  syncFolder(path: string): Promise<void>;
  /** Where downloads are kept by default. */
  readonly cacheFolder: string;
}

/** Where progress is shown. */
export interface Terminal {
  /** True when a line can be redrawn. */
  readonly isInteractive: boolean;
  readonly columns: number;
  /** In a browser whole lines only. */
  write(text: string): void;
}

/** What core needs from the place it runs in. `#platform` resolves to Node's or the browser's version. */
export interface Platform {
  readonly isNode: boolean;
  /** Null in a browser. */
  readonly files: Files | null;
  readonly terminal: Terminal;
  /** True inside a test runner, where progress is not shown by default. */
  readonly isTest: boolean;
  /** Imports an optional package; null when it is not installed. Other failures to load are thrown. */
  importOptional(specifier: string): Promise<Record<string, unknown> | null>;
}
