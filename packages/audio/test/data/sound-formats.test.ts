import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { HourglassError } from '@hourglass/core';
import { decodeSound, encodeWav, lengthOf, type Waveform } from '@hourglass/audio';
import { flac } from './flac-bytes.js';
import { text } from './wav-bytes.js';

const fixture = async (name: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(join(import.meta.dirname, 'fixtures', name)));

/** Hertz of a tone, by its crossings of zero in the middle half. */
function pitch({ channels, sampleRate }: Waveform, channel = 0): number {
  const x = channels[channel]!;
  const [from, to] = [Math.floor(x.length / 4), Math.floor((3 * x.length) / 4)];
  let crossings = 0;
  for (let i = from; i < to; i++) if (x[i]! < 0 && x[i + 1]! >= 0) crossings++;
  return (crossings * sampleRate) / (to - from);
}

describe('decodeSound', () => {
  it('reads WAV and FLAC without loss', async () => {
    const left = Int16Array.from({ length: 1000 }, (_, i) => Math.round(9000 * Math.sin(i / 7)));
    const right = Int16Array.from({ length: 1000 }, (_, i) => 32767 - Math.round((65534 * i) / 999));
    const waveform = {
      channels: [left, right].map((channel) => Float32Array.from(channel, (value) => value / 32768)),
      sampleRate: 22050,
    };
    expect(await decodeSound(encodeWav(waveform))).toEqual(waveform);
    expect(await decodeSound(flac([left, right], 22050))).toEqual(waveform);
    // a tag before it, as some programs put there
    const tagged = Uint8Array.from([...text('ID3\x03\0\0\0\0\0\x04abcd'), ...flac([left], 22050)]);
    expect((await decodeSound(tagged)).channels).toEqual([waveform.channels[0]]);
  });

  // a tone of 440 Hz and 0.4, 0.25 s long; codecs add a little at the ends
  it.each([
    ['tone.mp3', 16000, 4000],
    ['tone.ogg', 16000, 4000],
    ['tone.opus', 48000, 12000],
  ])('reads %s', async (name, sampleRate, length) => {
    const sound = await decodeSound(await fixture(name));
    expect(sound.sampleRate).toBe(sampleRate);
    expect(sound.channels.length).toBe(1);
    expect(lengthOf(sound)).toBeGreaterThanOrEqual(length);
    expect(lengthOf(sound)).toBeLessThan(1.35 * length);
    expect(Math.abs(pitch(sound) - 440)).toBeLessThan(12);
    expect(Math.max(...sound.channels[0]!.subarray(length / 4, length / 2))).toBeCloseTo(0.4, 1);
  });

  it('reads two channels of MP3 as two', async () => {
    const sound = await decodeSound(await fixture('stereo.mp3'));
    expect(sound.channels.length).toBe(2);
    expect(pitch(sound, 1) / pitch(sound, 0)).toBeCloseTo(2, 0);
  });

  it('says what is wrong with files it cannot read', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const vorbis = await fixture('tone.ogg');
    const wrong: [Uint8Array, string][] = [
      [new Uint8Array(0), 'a.snd: is empty'],
      [text('Dear reader, this is no sound.'), "it begins with 'Dear reader,'"],
      [text('\0\0\0\x18ftypM4A \0\0'), 'it is MP4 (AAC): convert it'],
      [text('FORM\0\0\0\x18AIFF'), 'it is AIFF'],
      [text('riff.\x91\xcf\x11\xa5\xd6(\xdb'), 'it is Wave64: convert it'],
      [flac([new Int16Array(500)], 8000).subarray(0, 50), 'a.snd: '],
      [vorbis.subarray(0, 2000), 'a.snd: '],
      [text(`ID3\x03\0\0\0\0\0\0${'\xff\xfb\x90\0'.repeat(3)}`), 'a.snd: '],
    ];
    for (const [bytes, message] of wrong) {
      const failure = await decodeSound(bytes, { name: 'a.snd' }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(HourglassError);
      expect((failure as Error).message).toContain(message);
    }
    vi.restoreAllMocks();
  });
});
