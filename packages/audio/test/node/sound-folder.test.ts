import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listSounds, openSoundFolder, readSound, writeSound } from '@hourglass/audio/node';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'sounds-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A folder with these files, each as long as its place in the list. */
async function sounds(name: string, files: readonly string[]): Promise<string> {
  for (const [i, file] of files.entries())
    await writeSound(join(folder, name, file), { channels: [new Float32Array(i + 1)], sampleRate: 8000 });
  return join(folder, name);
}

describe('readSound, writeSound', () => {
  it('write a file and read it', async () => {
    const waveform = { channels: [Float32Array.of(0.5, -0.25), Float32Array.of(0, 1)], sampleRate: 44100 };
    const path = join(folder, 'new', 'a.wav');
    await writeSound(path, waveform, { bitDepth: '32f' });
    expect(await readSound(path)).toEqual(waveform);
  });

  it('name the file that cannot be used', async () => {
    await expect(readSound(join(folder, 'none.wav'))).rejects.toThrow('none.wav');
    await writeFile(join(folder, 'letter.wav'), 'Dear reader');
    await expect(readSound(join(folder, 'letter.wav'))).rejects.toThrow('letter.wav: is no');
    const waveform = { channels: [new Float32Array(1)], sampleRate: 8000 };
    await expect(writeSound(join(folder, 'a.mp3'), waveform)).rejects.toThrow('ends in .wav');
  });
});

describe('openSoundFolder', () => {
  it('has the splits of a manifest, with its facts', async () => {
    const path = await sounds('manifest', ['test/b.wav', 'train/a.wav', 'valid/c.wav', 'train/unlisted.wav']);
    const entries = [
      { file: 'train/a.wav', speaker: 'ann' },
      { file: 'test/b.wav', speaker: 'bob', start: 3 },
      { file: 'valid/c.wav', split: 'train' },
    ];
    await writeFile(join(path, 'manifest.json'), JSON.stringify(entries));
    const train = await openSoundFolder(path);
    expect(train.splits).toEqual(['train', 'test']);
    expect(train.files.map(({ name }) => name)).toEqual(['train/a.wav', 'valid/c.wav']);
    const { waveform, facts } = await (await openSoundFolder(path, { split: 'test' })).get(0);
    expect(facts).toEqual({ speaker: 'bob', start: 3 });
    expect(waveform.channels[0]!.length).toBe(1);
    await writeFile(join(path, 'manifest.json'), JSON.stringify([...entries, { file: 'gone.wav' }]));
    await expect(openSoundFolder(path)).rejects.toThrow('gone.wav');
    await writeFile(join(path, 'manifest.json'), '{');
    await expect(openSoundFolder(path)).rejects.toThrow('is no JSON');
  });

  it('knows spoken digits and their official splits', async () => {
    const path = await sounds('digits', ['a/0_ann_0.wav', 'a/0_ann_4.wav', 'a/7_bob_5.wav', 'a/9_ann_49.wav']);
    const test = await openSoundFolder(path, { split: 'test' });
    expect(test.files.map(({ name }) => name)).toEqual(['a/0_ann_0.wav', 'a/0_ann_4.wav']);
    const train = await openSoundFolder(path);
    expect(train.files.map(({ facts }) => facts)).toEqual([
      { digit: 7, speaker: 'bob', index: 5 },
      { digit: 9, speaker: 'ann', index: 49 },
    ]);
    await expect(openSoundFolder(path, { split: 'val' })).rejects.toThrow('it has train, test');
  });

  it('takes folders for splits, or deals files out', async () => {
    const split = await sounds('split', ['dev/x.wav', 'train/x.wav', 'train/deep/y.WAV']);
    expect((await openSoundFolder(split)).files.map(({ name }) => name)).toEqual(['train/deep/y.WAV', 'train/x.wav']);
    expect((await openSoundFolder(split, { split: 'val' })).length).toBe(1);
    const flat = await sounds(
      'flat',
      Array.from({ length: 20 }, (_, i) => `${i}.wav`),
    );
    const parts = await Promise.all(['train', 'val', 'test'].map((split) => openSoundFolder(flat, { split, seed: 3 })));
    expect(parts.map(({ length }) => length)).toEqual([16, 2, 2]);
    expect(new Set(parts.flatMap(({ files }) => files.map(({ name }) => name))).size).toBe(20);
    expect((await openSoundFolder(flat, { split: 'all' })).length).toBe(20);
    expect((await listSounds(flat)).length).toBe(20);
  });

  it('says what a folder lacks', async () => {
    await expect(openSoundFolder(join(folder, 'nowhere'))).rejects.toThrow('nowhere');
    await expect(openSoundFolder(await mkdtemp(join(folder, 'empty-')))).rejects.toThrow('holds no sound files');
  });
});
