import { CheckpointError, type Config } from '@hourglass/core';

/** Whisper's tokens as text: pieces of UTF-8 (byte-level byte pairs, Radford et al. 2019), as `vocab.json` of its checkpoints has them. */
export class WhisperVocabulary {
  readonly #pieces: ReadonlyMap<number, readonly number[]>;

  /** @param vocab numbers by token @throws CheckpointError when the file holds anything else */
  constructor(vocab: Config, where = 'vocab.json') {
    const pieces = new Map<number, readonly number[]>();
    for (const [token, id] of Object.entries(vocab)) {
      if (typeof id !== 'number')
        throw new CheckpointError(`${where}: must number its tokens; '${token}' has no number`);
      const bytes = Array.from(token, (character) => byteOf.get(character));
      const special = /^<\|.*\|>$/.test(token);
      if (!special && bytes.every((byte) => byte !== undefined)) pieces.set(id, bytes);
    }
    this.#pieces = pieces;
  }

  /** The text of tokens, of which languages, tasks, times and the like say nothing. */
  decode(tokens: readonly number[]): string {
    const bytes = tokens.flatMap((token) => this.#pieces.get(token) ?? []);
    return new TextDecoder().decode(Uint8Array.from(bytes));
  }
}

/** Bytes by the character that stands for them: themselves where one sees them, otherwise those from 256 on, in order. */
const byteOf: ReadonlyMap<string, number> = (() => {
  const seen = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 256;
  return new Map(
    Array.from({ length: 256 }, (_, byte) => [String.fromCodePoint(seen(byte) ? byte : next++), byte] as const),
  );
})();
