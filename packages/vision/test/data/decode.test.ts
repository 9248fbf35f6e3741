import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { FileError } from '@hourglass/core';
import { decodeImage, decodeMask, encodePng, imageSize } from '@hourglass/vision/node';
import { greyPng, put, rgb, temporaryFolder } from './files.js';
import { chunk, rawPng } from './png.js';

const folder = temporaryFolder();
const picture = () => sharp(rgb(9, 6), { raw: { width: 9, height: 6, channels: 3 } });

function meanDistance(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}

describe('decodeImage', () => {
  it('reads PNG exactly, from a path and from bytes', async () => {
    const bytes = await picture().png().toBuffer();
    const path = put(join(folder, 'plain.png'), bytes);
    for (const input of [path, new Uint8Array(bytes)]) {
      const image = await decodeImage(input);
      expect([image.width, image.height, image.channels]).toEqual([9, 6, 3]);
      expect([...image.data]).toEqual([...rgb(9, 6)]);
    }
  });

  it('turns a picture upright as its EXIF tag says', async () => {
    const turned = await picture().png().withMetadata({ orientation: 6 }).toBuffer();
    const upright = await picture().rotate(90).raw().toBuffer();
    const image = await decodeImage(turned);
    expect([image.width, image.height]).toEqual([6, 9]);
    expect([...image.data]).toEqual([...upright]);
    expect(await imageSize(turned)).toEqual({ width: 6, height: 9 });
  });

  it('brings grey, 16 bits, alpha, palettes and CMYK to three bytes a pixel', async () => {
    const grey = await decodeImage(await greyPng([0, 10, 200, 255], 2, 2));
    expect([...grey.data]).toEqual([0, 0, 0, 10, 10, 10, 200, 200, 200, 255, 255, 255]);

    const deep = Uint16Array.from([0, 65535, 32896, 257, 514, 771]);
    const rows = [[0, ...[...deep].flatMap((value) => [value >> 8, value & 255])]];
    const sixteen = await decodeImage(rawPng({ width: 2, height: 1, depth: 16, colourType: 2, rows }));
    expect([...sixteen.data]).toEqual([0, 255, 128, 1, 2, 3]);

    const alpha = await decodeImage(rawPng({ width: 1, height: 1, depth: 8, colourType: 6, rows: [[0, 9, 8, 7, 0]] }));
    expect([...alpha.data]).toEqual([9, 8, 7]);

    const palette = rawPng({
      width: 2,
      height: 1,
      depth: 1,
      colourType: 3,
      rows: [[0, 0x40]],
      palette: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    });
    expect([...(await decodeImage(palette)).data]).toEqual([1, 2, 3, 4, 5, 6]);

    const flat = sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 200, g: 60, b: 40 } } });
    const cmyk = await flat.clone().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    const [red, green, blue] = (await decodeImage(cmyk)).data;
    expect(red).toBeGreaterThan(140);
    expect(green! + blue!).toBeLessThan(200);
  });

  it('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([Buffer.alloc(4 * 4 * 3, 250), Buffer.alloc(4 * 4 * 3, 5)]);
    for (const format of ['gif', 'webp'] as const) {
      const bytes = await sharp(frames, { raw: { width: 4, height: 8, channels: 3, pageHeight: 4 } })
        .toFormat(format)
        .toBuffer();
      expect((await sharp(bytes).metadata()).pages).toBe(2);
      const image = await decodeImage(bytes);
      expect([image.width, image.height]).toEqual([4, 4]);
      expect(image.data[0]).toBeGreaterThan(230);
    }
  });

  it('reads JPEG and WebP nearly', async () => {
    const smooth = sharp({ create: { width: 16, height: 8, channels: 3, background: { r: 90, g: 120, b: 30 } } });
    const expected = await smooth.clone().raw().toBuffer();
    for (const format of ['jpeg', 'webp', 'tiff'] as const) {
      const image = await decodeImage(await smooth.clone().toFormat(format).toBuffer());
      expect(meanDistance(image.data, expected)).toBeLessThan(4);
    }
  });

  it('says what is wrong with a file, and names it', async () => {
    const whole = await picture().resize(200, 200).jpeg().toBuffer();
    const cases: [string, string | Uint8Array, RegExp][] = [
      ['empty.png', '', /is empty \(0 bytes\)/],
      ['notes.png', 'these are my notes', /not a picture in a format/],
      ['cut.jpg', whole.subarray(0, whole.length / 2), /truncated or damaged/],
      ['cut.png', (await picture().png().toBuffer()).subarray(0, 60), /truncated or damaged/],
    ];
    for (const [name, content, message] of cases) {
      const path = put(join(folder, name), content);
      const error = await decodeImage(path).catch((e: unknown) => e);
      expect(error, name).toBeInstanceOf(FileError);
      expect((error as FileError).path).toBe(path);
      expect((error as FileError).message).toMatch(message);
    }
    await expect(decodeImage(join(folder, 'none.png'))).rejects.toThrow(/none\.png: does not exist/);
    await expect(decodeImage(folder)).rejects.toThrow(/is a folder/);
    await expect(decodeImage(await picture().png().toBuffer(), { limitInputPixels: 50, name: 'big' })).rejects.toThrow(
      /big: is 9 × 6 pixels, above the limit of 50/,
    );
  });
});

describe('decodeMask', () => {
  it('keeps grey ids of every depth as they are', async () => {
    const cases = [
      { depth: 1, row: [0b01100000], ids: [0, 1, 1] },
      { depth: 2, row: [0b00011100], ids: [0, 1, 3] },
      { depth: 4, row: [0x0f, 0x70], ids: [0, 15, 7] },
      { depth: 8, row: [0, 255, 7], ids: [0, 255, 7] },
      { depth: 16, row: [0, 7, 1, 44, 255, 255], ids: [7, 300, 65535] },
    ];
    for (const { depth, row, ids } of cases) {
      const mask = await decodeMask(rawPng({ width: 3, height: 1, depth, colourType: 0, rows: [[0, ...row]] }));
      expect([...mask.data], `${depth} bits`).toEqual(ids);
    }
  });

  it('is not changed by colour profiles', async () => {
    const ids = Array.from({ length: 256 }, (_, i) => i);
    const bytes = await sharp(Uint8Array.from(ids), { raw: { width: 16, height: 16, channels: 1 } })
      .toColourspace('b-w')
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const plain = await greyPng(ids, 16, 16);
    const gamma = Buffer.concat([plain.subarray(0, 33), chunk('gAMA', Buffer.from([0, 0, 1, 0])), plain.subarray(33)]);
    expect([...(await decodeMask(gamma)).data]).toEqual(ids);
    expect((await decodeMask(bytes)).data.length).toBe(256);
  });

  it('agrees with sharp on all filters and on interlaced files', async () => {
    const ids = Uint8Array.from({ length: 23 * 17 }, (_, i) => (i * i * 31 + (i >> 2)) % 251);
    for (const options of [
      { adaptiveFiltering: true },
      { progressive: true },
      { progressive: true, adaptiveFiltering: true },
    ]) {
      const bytes = await sharp(ids, { raw: { width: 23, height: 17, channels: 1 } })
        .toColourspace('b-w')
        .png(options)
        .toBuffer();
      expect([...(await decodeMask(bytes)).data]).toEqual([...ids]);
    }
  });

  it('gives the indices of a palette, or what its colours stand for', async () => {
    const palette = [
      [0, 0, 0],
      [128, 0, 0],
      [0, 0, 0],
      [224, 224, 192],
    ] as [number, number, number][];
    const bytes = rawPng({ width: 4, height: 1, depth: 2, colourType: 3, rows: [[0, 0b00011011]], palette });
    expect([...(await decodeMask(bytes)).data]).toEqual([0, 1, 2, 3]);
    const colours = [
      { colour: [0, 0, 0] as const, id: 0 },
      { colour: [128, 0, 0] as const, id: 5 },
      { colour: [224, 224, 192] as const, id: 255 },
    ];
    expect([...(await decodeMask(bytes, { colours })).data]).toEqual([0, 5, 0, 255]);
    expect([...(await decodeMask(bytes, { colours: colours.slice(0, 2) })).data]).toEqual([0, 1, 2, 3]);
  });

  it('reads colour masks through a table, and grey ones saved as colour', async () => {
    const rows = [[0, 1, 2, 3, 4, 5, 6]];
    const bytes = rawPng({ width: 2, height: 1, depth: 8, colourType: 2, rows });
    const colours = [{ colour: [4, 5, 6] as const, id: 1 }];
    await expect(decodeMask(bytes, { colours, name: 'm.png' })).rejects.toThrow(
      /m\.png: has a colour that no class has: \(1, 2, 3\) in row 0, column 0/,
    );
    await expect(decodeMask(bytes)).rejects.toThrow(/drawn in colours; say which class/);
    expect([...(await decodeMask(bytes, { colours: [...colours, { colour: [1, 2, 3], id: 0 }] })).data]).toEqual([
      0, 1,
    ]);
    const grey = rawPng({ width: 2, height: 1, depth: 8, colourType: 6, rows: [[0, 3, 3, 3, 255, 9, 9, 9, 255]] });
    expect([...(await decodeMask(grey)).data]).toEqual([3, 9]);
    const tiff = await sharp(Uint8Array.from([4, 250]), { raw: { width: 2, height: 1, channels: 1 } })
      .toColourspace('b-w')
      .tiff({ compression: 'lzw' })
      .toBuffer();
    expect([...(await decodeMask(tiff)).data]).toEqual([4, 250]);
  });

  it('refuses what would give wrong ids', async () => {
    const good = await greyPng([1, 2, 3, 4], 2, 2);
    await expect(decodeMask(await picture().jpeg().toBuffer())).rejects.toThrow(/JPEG, which blurs class ids/);
    await expect(decodeMask(good.subarray(0, good.length - 14))).rejects.toThrow(/damaged PNG \(it ends too early\)/);
    const flipped = Buffer.from(good);
    flipped[45]! ^= 4;
    await expect(decodeMask(flipped)).rejects.toThrow(/damaged PNG/);
    await expect(decodeMask(good, { limitInputPixels: 3, name: 'm.png' })).rejects.toThrow(/m\.png: is 2 × 2 pixels/);
    const short = rawPng({ width: 3, height: 2, depth: 8, colourType: 0, rows: [[0, 1, 2, 3]] });
    await expect(decodeMask(short)).rejects.toThrow(/does not hold as many pixels/);
    const long = rawPng({
      width: 1,
      height: 1,
      depth: 8,
      colourType: 0,
      rows: [Array.from({ length: 99999 }, () => 0)],
    });
    await expect(decodeMask(long)).rejects.toThrow(/more pixels than it states/);
    const outside = rawPng({ width: 1, height: 1, depth: 8, colourType: 3, rows: [[0, 9]], palette: [[1, 1, 1]] });
    await expect(decodeMask(outside)).rejects.toThrow(/index 9 of a palette of 1 colours/);
  });
});

describe('encodePng', () => {
  it('writes images and masks so that they come back', async () => {
    const image = { width: 9, height: 6, channels: 3 as const, data: new Uint8Array(rgb(9, 6)) };
    await encodePng(image, join(folder, 'deep', 'er', 'image.png'));
    expect([...(await decodeImage(join(folder, 'deep', 'er', 'image.png'))).data]).toEqual([...image.data]);
    for (const data of [Uint8Array.from([0, 1, 254, 255]), Uint16Array.from([0, 1, 300, 65535])]) {
      const path = join(folder, 'mask.png');
      await encodePng({ width: 2, height: 2, data }, path);
      expect([...(await decodeMask(path)).data]).toEqual([...data]);
    }
  });

  it('leaves the old file when it cannot write', async () => {
    const path = put(join(folder, 'kept.png'), 'old');
    await expect(encodePng({ width: 2, height: 2, data: new Uint8Array(3) }, path)).rejects.toThrow(
      /has 4 values, not 3/,
    );
    await expect(encodePng({ width: 1, height: 1, data: new Uint8Array(1) }, join(path, 'x.png'))).rejects.toThrow(
      FileError,
    );
    expect(readFileSync(path, 'utf8')).toBe('old');
  });
});
