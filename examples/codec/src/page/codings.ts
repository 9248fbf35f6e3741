import {
  decodeBitstream,
  encodeBitstream,
  siSdr,
  usualCodebooks,
  type CodecModel,
  type Waveform,
} from '@hourglass/audio';

/** A sound that went through a codec. */
export interface Coding {
  readonly codebooks: number;
  /** The .hgc stream. */
  readonly stream: Uint8Array<ArrayBuffer>;
  readonly decoded: Waveform;
  /** Decibels, of the first channel; more is better. */
  readonly siSdr: number;
}

/** A sound coded with 1, 2, 4, … and all codebooks of a codec. */
export async function* codings(model: CodecModel<object>, sound: Waveform): AsyncGenerator<Coding> {
  for (const codebooks of usualCodebooks(model.numCodebooks)) {
    const stream = new Uint8Array(await encodeBitstream(model, sound, { codebooks }));
    const { waveform } = await decodeBitstream(model, stream);
    yield { codebooks, stream, decoded: waveform, siSdr: siSdr(waveform.channels[0]!, sound.channels[0]!) };
  }
}
