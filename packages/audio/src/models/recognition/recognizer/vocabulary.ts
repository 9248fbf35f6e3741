import { CheckpointError, check, type Config } from '@hourglass/core';

const [blankToken, unknownToken, spaceToken] = ['<pad>', '<unk>', '|'];

/**
 * The characters that a CTC model writes, by number, as the hub's tokenizers for wav2vec 2.0 have them in `vocab.json`: `<pad>` is the
 * blank, `|` a space, `<unk>` any other character; what else stands in angle brackets is never written.
 */
export class CharacterVocabulary {
  readonly tokens: readonly string[];
  /** Number of CTC's "nothing here". */
  readonly blank: number;
  readonly #ids: ReadonlyMap<string, number>;

  /** @throws InvalidArgumentError for a token that is there twice, or without a blank */
  constructor(tokens: readonly string[], blank = tokens.indexOf(blankToken)) {
    check(blank >= 0 && blank < tokens.length, `a vocabulary needs a blank; none of its tokens is ${blankToken}`);
    this.tokens = [...tokens];
    this.blank = blank;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
    check(this.#ids.size === tokens.length, 'a vocabulary has each token once');
  }

  get size(): number {
    return this.tokens.length;
  }

  /** The characters of these texts. */
  static of(texts: Iterable<string>): CharacterVocabulary {
    const characters = new Set<string>();
    for (const text of texts) for (const character of cleaned(text)) characters.add(character);
    characters.delete(' ');
    return new CharacterVocabulary([blankToken, unknownToken, spaceToken, ...[...characters].sort()]);
  }

  /**
   * Reads `vocab.json`: numbers by token.
   *
   * @param blank the checkpoint's pad_token_id; default that of `<pad>`
   * @throws CheckpointError when the file holds anything else
   */
  static fromJSON(json: Config, where: string, blank?: number): CharacterVocabulary {
    const entries = Object.entries(json);
    const tokens: string[] = [];
    for (const [token, id] of entries) {
      if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= entries.length || tokens[id as number]) {
        throw new CheckpointError(
          `${where}: vocab.json must number its tokens from 0 on, each once; '${token}' does not`,
        );
      }
      tokens[id as number] = token;
    }
    return new CharacterVocabulary(tokens, blank ?? tokens.indexOf(blankToken));
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries(this.tokens.map((token, id) => [token, id]));
  }

  /** The text as numbers. A letter that is there in the other case only is taken so; other unknown characters are `<unk>`, or left out. */
  encode(text: string): number[] {
    return [...cleaned(text)].flatMap((character) => {
      const spellings =
        character === ' ' ? [spaceToken] : [character, character.toUpperCase(), character.toLowerCase()];
      const known = [...spellings, unknownToken].find((spelling) => this.#ids.has(spelling));
      return known === undefined ? [] : [this.#ids.get(known)!];
    });
  }

  /** Numbers, without blanks and repetitions, as text. @throws InvalidArgumentError for a number that is none of a token */
  decode(labels: Iterable<number>): string {
    let text = '';
    for (const label of labels) {
      const token = this.tokens[label];
      check(token !== undefined, () => `there is no token ${label} in a vocabulary of ${this.size}`);
      if (token === spaceToken) text += ' ';
      else if (!/^<.+>$/u.test(token)) text += token;
    }
    return cleaned(text);
  }
}

/** One space between words, none around them; letters with their accents as one character. */
function cleaned(text: string): string {
  return text.normalize('NFC').trim().replaceAll(/\s+/gu, ' ');
}
