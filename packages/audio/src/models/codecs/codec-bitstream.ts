import { check, InvalidArgumentError, scope, type Watch } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import {
  bitRate,
  BitstreamError,
  BitstreamReader,
  BitstreamWriter,
  readBitstream,
  type BitstreamEnd,
  type BitstreamHeader,
  type CodeBlock,
} from '../../bitstream/index.js';
import { modelSound } from '../../data/model-sound.js';
import { lengthOf, waveformFromTensor, waveformToTensor, type Waveform } from '../../data/waveform.js';
import { Held, joined as joinedSteps, steps } from '../../layers/streaming.js';
import { chunkRanges } from './chunks.js';
import { fitTo, type CodecModel, type EncodeOptions } from './codec-model.js';
import { DacModel } from './dac.js';
import { codecFingerprint } from './fingerprint.js';
import { decodeInParts, encodeInParts, joinedCodes, type CodedPart } from './in-parts.js';
import type { StreamingDecoder, StreamingEncoder } from './streams.js';

/** Sound out of an .hgc stream, and how the stream ended. */
export interface DecodedBitstream extends BitstreamEnd {
  readonly waveform: Waveform;
}

/** Progress is in samples. */
export interface EncodeBitstreamOptions extends EncodeOptions, Watch {}

/**
 * Sound as an .hgc stream; see docs/packages/audio-bitstream.md. Long sounds go through the network in parts, where it can work so.
 *
 * @param waveform of the codec's sample rate
 * @throws InvalidArgumentError for sound or codebooks that the codec does not take
 */
export async function encodeBitstream(
  model: CodecModel<object>,
  waveform: Waveform,
  options: EncodeBitstreamOptions = {},
): Promise<Uint8Array> {
  const sound = modelSound(waveform, model);
  const length = lengthOf(sound);
  const writer = new BitstreamWriter({ ...(await headerOf(model, options)), samples: length });
  if (length === 0) return joined([writer.flush(), writer.finish(0)]);
  const bytes: Uint8Array[] = [];
  for await (const { codes, scale } of encodeInParts(model, sound, writer.header.codebooks, options)) {
    const begins = model.chunks !== null || scale !== null;
    bytes.push(writer.write(codes, begins ? (scale === null ? {} : { scale }) : undefined));
  }
  return joined([...bytes, writer.finish()]);
}

/**
 * The sound of an .hgc stream. One that was cut gives what comes before, with `complete` false.
 *
 * @param options with `damaged` 'keep' a damaged block ends the sound like a cut does, instead of being an error
 * @throws BitstreamError for what is no such stream or damaged; InvalidArgumentError when another codec made it
 */
export async function decodeBitstream(
  model: CodecModel<object>,
  bytes: Uint8Array,
  { damaged = 'throw', ...watch }: { readonly damaged?: 'throw' | 'keep' } & Watch = {},
): Promise<DecodedBitstream> {
  const { header, blocks, ...end } = readBitstream(bytes, { damaged });
  await checkStream(model, header);
  const { parts, length } = gathered(model, header, blocks, end);
  if (parts.length === 0) return { ...end, samples: 0, waveform: silence(model) };
  const waveform = await decodeInParts(model, parts, header.codebooks, length, watch);
  return { ...end, samples: length, waveform };
}

/** Sound that comes in pieces as an .hgc stream: every call returns the bytes that are complete by then. The model must be one that can stream. */
export class BitstreamEncoder {
  readonly #encoder: StreamingEncoder;
  readonly #writer: BitstreamWriter;
  readonly #model: CodecModel<object>;
  #samples = 0;

  private constructor(model: CodecModel<object>, encoder: StreamingEncoder, writer: BitstreamWriter) {
    this.#model = model;
    this.#encoder = encoder;
    this.#writer = writer;
  }

  /** @throws UnsupportedError for a model that cannot work on streams */
  static async open(model: CodecModel<object>, options: EncodeOptions = {}): Promise<BitstreamEncoder> {
    const header = await headerOf(model, options);
    return new BitstreamEncoder(model, model.streamingEncoder(options), new BitstreamWriter(header));
  }

  /** @param piece of the codec's sample rate, as long as there is */
  async push(piece: Waveform): Promise<Uint8Array> {
    const sound = modelSound(piece, this.#model);
    this.#samples += lengthOf(sound);
    if (lengthOf(sound) === 0) return this.#written(null);
    const codes = scope(() => this.#encoder.push(tf.expandDims(waveformToTensor(sound), 0)));
    return this.#written(codes);
  }

  /** The rest of the stream. */
  async end(): Promise<Uint8Array> {
    if (this.#samples === 0) return this.#writer.finish(0);
    const codes = scope(() => {
      const { hopLength, channels } = this.#model;
      const unheard = this.#samples % hopLength;
      // what DAC wants in place of what it would not hear
      const filling =
        this.#model instanceof DacModel && unheard > 0 ? tf.zeros([1, hopLength - unheard, channels]) : null;
      const last = filling === null ? null : this.#encoder.push(filling);
      return joinedSteps(last, this.#encoder.end());
    });
    return joined([await this.#written(codes), this.#writer.finish(this.#samples)]);
  }

  async #written(codes: tf.Tensor | null): Promise<Uint8Array> {
    const values = codes === null ? new Int32Array(0) : await codes.data();
    codes?.dispose();
    return this.#writer.write(values);
  }

  dispose(): void {
    this.#encoder.dispose();
  }
}

/** An .hgc stream that comes in pieces as sound: every call returns the sound that is certain by then. The model must be one that can stream. */
export class BitstreamDecoder {
  readonly #model: CodecModel<object>;
  readonly #decoder: StreamingDecoder;
  readonly #reader = new BitstreamReader();
  #checked = false;
  #given = 0;
  /** Decoded sound that the stream may not want: its end can lie in the last frame. */
  readonly #waiting = new Held();

  /** @throws UnsupportedError for a model that cannot work on streams */
  constructor(model: CodecModel<object>) {
    this.#model = model;
    this.#decoder = model.streamingDecoder();
  }

  get header(): BitstreamHeader | null {
    return this.#reader.header;
  }

  /**
   * @param bytes the next ones of the stream
   * @throws BitstreamError for a damaged block, of which {@link end} still gives what came before; InvalidArgumentError when another
   * codec made the stream
   */
  async push(bytes: Uint8Array): Promise<Waveform> {
    const blocks: CodeBlock[] = [];
    let damage: unknown = null;
    try {
      this.#reader.push(bytes, blocks);
    } catch (error) {
      damage = error;
    }
    const { header } = this.#reader;
    if (header !== null && !this.#checked) {
      await checkStream(this.#model, header);
      this.#checked = true;
    }
    const sound = scope(() => {
      const pieces = blocks.flatMap(({ codes, frames }) => {
        const piece = this.#decoder.push(tf.tensor3d(codes, [1, frames, header!.codebooks], 'int32'));
        return piece === null ? [] : [piece];
      });
      return pieces.length === 0 ? null : tf.concat(pieces, 1);
    });
    if (damage === null) return this.#out(sound, false);
    // what came before the damaged block waits for `end`
    this.#waiting.set(scope(() => joinedSteps(this.#waiting.value, sound)));
    sound?.dispose();
    throw damage;
  }

  /** The rest of the sound, and how the stream ended. @throws BitstreamError when not even the header came */
  async end(): Promise<DecodedBitstream> {
    const end = this.#reader.finish();
    const waveform = end.frames === 0 ? silence(this.#model) : await this.#out(this.#decoder.end(), true);
    return { ...end, samples: this.#given, waveform };
  }

  /** What is certain of the sound so far, as arrays. `last`: nothing more comes, and everything is certain. */
  async #out(sound: tf.Tensor | null, last: boolean): Promise<Waveform> {
    const { sampleRate, hopLength } = this.#model;
    const known = last || this.#reader.isComplete;
    const end = known ? this.#reader.finish().samples : (this.header?.samples ?? null);
    const ready = scope(() => {
      const decoded = joinedSteps(this.#waiting.value, sound);
      // DAC with odd strides gives a little less than its frames stand for
      const all = last && decoded !== null ? fitTo(decoded, Math.max(decoded.shape[1]!, end! - this.#given)) : decoded;
      const length = all?.shape[1] ?? 0;
      const held = last || end !== null ? 0 : Math.min(length, hopLength);
      const count = Math.min(length - held, end === null ? Infinity : Math.max(0, end - this.#given));
      this.#waiting.set(all === null ? null : steps(all, length - held, length));
      const given = all === null ? null : steps(all, 0, count);
      return given === null ? null : tf.squeeze(given, [0]);
    });
    sound?.dispose();
    if (ready === null) return silence(this.#model);
    this.#given += ready.shape[0]!;
    const waveform = await waveformFromTensor(ready, sampleRate);
    ready.dispose();
    return waveform;
  }

  dispose(): void {
    this.#decoder.dispose();
    this.#waiting.dispose();
  }
}

/** Lines that say what a stream is. */
export function describeBitstream(header: BitstreamHeader, end: BitstreamEnd, bytes: number): string[] {
  const seconds = end.samples / header.sampleRate;
  const rate = (bits: number): string => `${(bits / 1000).toFixed(2)} kbit/s`;
  return [
    `codec          ${header.model}, fingerprint ${header.fingerprint}`,
    `sound          ${seconds.toFixed(2)} s, ${header.channels === 1 ? 'mono' : `${header.channels} channels`}, ${header.sampleRate} Hz`,
    `codes          ${header.codebooks} codebooks of ${header.codebookSize}, ${(header.sampleRate / header.hopLength).toFixed(2)} frames a second, ${end.frames} frames`,
    `bit rate       ${rate(bitRate(header))}; with framing ${seconds > 0 ? rate((bytes * 8) / seconds) : `${bytes} bytes`}`,
    ...(header.chunks === null ? [] : [`chunks         ${header.chunks.length} samples every ${header.chunks.stride}`]),
    `state          ${end.problem ?? 'complete'}`,
  ];
}

async function headerOf(model: CodecModel<object>, { codebooks = model.numCodebooks }: EncodeOptions) {
  check(
    Number.isInteger(codebooks) && codebooks > 0 && codebooks <= model.numCodebooks,
    () => `the codec has ${model.numCodebooks} codebooks, cannot use ${codebooks}`,
  );
  const { sampleRate, channels, hopLength, codebookSize, chunks } = model;
  return {
    model: modelName(model),
    fingerprint: await codecFingerprint(model),
    sampleRate,
    channels,
    hopLength,
    codebooks,
    codebookSize,
    samples: null,
    chunks,
    scaled: model.isScaled,
  };
}

function modelName(model: CodecModel<object>): string {
  return String(model.checkpointConfig()['model_type']).slice(0, 60);
}

/** @throws InvalidArgumentError when another codec made the stream */
export async function checkStream(model: CodecModel<object>, header: BitstreamHeader): Promise<void> {
  const own = await codecFingerprint(model);
  if (own === header.fingerprint) return;
  const same = own.slice(0, 8) === header.fingerprint.slice(0, 8);
  throw new InvalidArgumentError(
    `the stream was made by another codec: ${header.model} at ${header.sampleRate} Hz with fingerprint ${header.fingerprint}; ` +
      `this one is ${modelName(model)} at ${model.sampleRate} Hz with fingerprint ${own}` +
      `${same ? ', of the same configuration but with other weights' : ''}. Give the codec that encoded it`,
  );
}

/** Frames of each chunk of so many samples. */
function chunkFrames({ chunks, hopLength }: CodecModel<object>, length: number): number[] {
  return chunkRanges(length, chunks).map(([from, to]) => Math.ceil((to - from) / hopLength));
}

/**
 * The chunks, or all codes as one, and the samples that they stand for. Of a stream that was cut the last chunk may be a part, which is
 * left out.
 */
function gathered(
  model: CodecModel<object>,
  header: BitstreamHeader,
  blocks: readonly CodeBlock[],
  end: BitstreamEnd,
): { readonly parts: readonly CodedPart[]; readonly length: number } {
  const { codebooks } = header;
  const chunks: Array<{ readonly scale: number | null; readonly blocks: CodeBlock[] }> = [];
  for (const block of blocks) {
    if (block.beginsChunk) chunks.push({ scale: block.scale, blocks: [] });
    chunks.at(-1)!.blocks.push(block);
  }
  let parts = chunks.map(({ scale, blocks: of }): CodedPart => ({ codes: joinedCodes(of), scale }));
  let length = end.samples;
  if (model.chunks === null) return { parts, length };
  if (!end.complete) {
    const whole = Math.ceil(model.chunks.length / model.hopLength) * codebooks;
    while (parts.length > 0 && parts.at(-1)!.codes.length < whole) parts.pop();
    // to where the next chunk begins
    length = parts.length * model.chunks.stride;
  }
  const counts = chunkFrames(model, length);
  if (!end.complete) {
    parts = parts.map((part, i) => ({ ...part, codes: part.codes.subarray(0, counts[i]! * codebooks) }));
  }
  if (counts.length !== parts.length || parts.some(({ codes }, i) => codes.length !== counts[i]! * codebooks)) {
    throw new BitstreamError(`${length} samples do not make the chunks that are there`, null);
  }
  return { parts, length };
}

function silence({ channels, sampleRate }: CodecModel<object>): Waveform {
  return { channels: Array.from({ length: channels }, () => new Float32Array(0)), sampleRate };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
