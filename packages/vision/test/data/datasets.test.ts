import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '@hourglass/core';
import { camvidClasses, colourise, vocClasses, vocPalette } from '@hourglass/vision';
import { openSegmentationDataset } from '@hourglass/vision/node';
import { put, putImage, putMask, temporaryFolder } from './files.js';

const root = temporaryFolder();
let count = 0;
const fresh = (): string => {
  const folder = join(root, `set${count++}`);
  mkdirSync(folder);
  return folder;
};

const ids = [0, 1, 2, 1, 0, 255];

/** images/ and masks/ of 3 × 2 with three classes. */
async function plainFolder(names: readonly string[], below = ''): Promise<string> {
  const folder = fresh();
  for (const name of names) {
    await putImage(join(folder, below, 'images', `${name}.JPG`), 3, 2);
    await putMask(join(folder, below, 'masks', `${name}.png`), ids, 3, 2);
  }
  return folder;
}

describe('two folders', () => {
  it('pairs by name, deals out reproducibly and discovers the classes', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `p${i}`);
    const folder = await plainFolder(names);
    const parts = await Promise.all(
      ['train', 'val', 'test'].map((split) => openSegmentationDataset(folder, { split })),
    );
    expect(parts.map(({ length }) => length)).toEqual([16, 2, 2]);
    expect(parts.flatMap(({ names }) => names).sort()).toEqual([...names].sort());
    const [train] = parts;
    expect([...train!.names]).toEqual([...train!.names].sort());
    expect(train!.classes).toEqual(['class 0', 'class 1', 'class 2']);
    expect(train!.ignoreIndex).toBe(255);
    expect((await openSegmentationDataset(folder)).names).toEqual(train!.names);
    expect((await openSegmentationDataset(folder, { seed: 1 })).names).not.toEqual(train!.names);
    expect((await openSegmentationDataset(folder, { split: 'all' })).length).toBe(20);
    const { image, mask, name } = await train!.get(0);
    expect([image.width, image.height, [...mask.data], name]).toEqual([3, 2, ids, train!.names[0]]);
    expect(await train!.verify()).toEqual([32, 32, 16]);
  });

  it('takes splits above and below, other folder names, and mask endings', async () => {
    const above = fresh();
    const below = fresh();
    for (const split of ['train', 'valid']) {
      await putImage(join(above, split, 'image', `${split}.png`), 3, 2);
      await putMask(join(above, split, 'label', `${split}.png`), ids, 3, 2);
      await putImage(join(below, 'Images', split, 'a', `${split}.png`), 3, 2);
      await putMask(join(below, 'labels', split, 'a', `${split}_mask.PNG`), ids, 3, 2);
    }
    for (const [folder, names] of [[above, ['train', 'valid']] as const, [below, ['a/train', 'a/valid']] as const]) {
      const train = await openSegmentationDataset(folder);
      expect(train.splits).toEqual(['train', 'val']);
      expect(train.names).toEqual([names[0]]);
      expect((await openSegmentationDataset(folder, { split: 'val' })).names).toEqual([names[1]]);
      await expect(openSegmentationDataset(folder, { split: 'test' })).rejects.toThrow(
        /has no split test; it has train, val/,
      );
    }
  });

  it('reads classes.txt, classes.json, their colours and values', async () => {
    const folder = await plainFolder(['a', 'b', 'c']);
    put(join(folder, 'classes.txt'), '# ids in order\nsky\n10 20 30 road side\ncar 4 5 6\r\n');
    const named = await openSegmentationDataset(folder);
    expect(named.classes).toEqual(['sky', 'road side', 'car']);
    expect(named.palette.slice(1)).toEqual([
      [10, 20, 30],
      [4, 5, 6],
    ]);
    const json = {
      classes: [
        { name: 'thing', value: 2 },
        { name: 'stuff', value: 1 },
      ],
      ignoreIndex: 0,
    };
    put(join(folder, 'classes.json'), JSON.stringify(json));
    const remapped = await openSegmentationDataset(folder);
    expect([remapped.classes, remapped.ignoreIndex]).toEqual([['thing', 'stuff'], 255]);
    await expect(remapped.get(0)).rejects.toThrow(/has the unknown label 255 \(the first 255 in row 1, column 2\)/);
    put(
      join(folder, 'classes.json'),
      JSON.stringify({ classes: [{ name: 'all', value: 1 }, 'x', { name: 'y', value: 1 }] }),
    );
    await expect(openSegmentationDataset(folder)).rejects.toThrow(/two classes have the same value: 1/);
    put(join(folder, 'classes.json'), '{');
    await expect(openSegmentationDataset(folder)).rejects.toThrow(/classes\.json: is not valid JSON/);
  });

  it('knows black and white masks as background and foreground', async () => {
    const folder = fresh();
    await putImage(join(folder, 'images', 'a.png'), 2, 1);
    await putMask(join(folder, 'masks', 'a.png'), [0, 255], 2, 1);
    const dataset = await openSegmentationDataset(folder);
    expect(dataset.classes).toEqual(['background', 'foreground']);
    expect([...(await dataset.get(0)).mask.data]).toEqual([0, 1]);
  });

  it('keeps a class that shall not count, where ignoreIndex names one', async () => {
    const folder = await plainFolder(['a', 'b', 'c']);
    const dataset = await openSegmentationDataset(folder, { classes: 256, ignoreIndex: 0 });
    expect(dataset.ignoreIndex).toBe(0);
    expect([...(await dataset.get(0)).mask.data]).toEqual(ids);
  });

  it('says what does not fit', async () => {
    const lonely = await plainFolder(['a', 'b']);
    await putImage(join(lonely, 'images', 'more.png'), 3, 2);
    await expect(openSegmentationDataset(lonely)).rejects.toThrow(/1 of 3 images have no mask .*: more\.png/);

    const orphan = await plainFolder(['a', 'b']);
    await putMask(join(orphan, 'masks', 'more.png'), ids, 3, 2);
    await expect(openSegmentationDataset(orphan)).rejects.toThrow(/1 of 3 masks have no image .*: more\.png/);

    const twice = await plainFolder(['a', 'b']);
    await putImage(join(twice, 'images', 'a.png'), 3, 2);
    await expect(openSegmentationDataset(twice)).rejects.toThrow(/a\.JPG and a\.png have the same name/);

    const sizes = await plainFolder(['a']);
    await putMask(join(sizes, 'masks', 'a.png'), [0, 1], 2, 1);
    const dataset = await openSegmentationDataset(sizes);
    const message = /a\.png: is 2 × 1 pixels, but its image .*a\.JPG is 3 × 2/;
    await expect(dataset.get(0)).rejects.toThrow(message);
    await expect(dataset.verify()).rejects.toThrow(message);

    const labels = await plainFolder(['a']);
    const few = await openSegmentationDataset(labels, { classes: ['sky', 'road'] });
    await expect(few.verify()).rejects.toThrow(
      /a\.png: has the unknown label 2 \(the first 2 in row 0, column 2\); the known ones are 0 sky, 1 road, and 255/,
    );
    put(join(labels, 'classes.txt'), 'sky\nroad\ncar\n');
    const error = await openSegmentationDataset(labels, { classes: 2 }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect((error as Error).message).toMatch(/2 classes were asked for, but .*classes\.txt names 3: sky, road, car/);
    await expect(openSegmentationDataset(labels, { classes: 0 })).rejects.toThrow(
      /must be a positive whole number, got 0/,
    );
  });

  it('says what is wrong with the folder', async () => {
    await expect(openSegmentationDataset(join(root, 'nowhere'))).rejects.toThrow(/nowhere: does not exist/);
    await expect(openSegmentationDataset(fresh())).rejects.toThrow(/is empty; it should hold images and masks/);
    await expect(openSegmentationDataset(put(join(root, 'file.txt'), 'x'))).rejects.toThrow(/is not a folder/);
    const other = fresh();
    put(join(other, 'readme.md'), 'x');
    await expect(openSegmentationDataset(other)).rejects.toThrow(/is not laid out as a data set: it should have/);
    const half = fresh();
    await putImage(join(half, 'images', 'a.png'), 3, 2);
    await expect(openSegmentationDataset(half)).rejects.toThrow(/has images, but no folder masks or labels/);
    put(join(half, 'masks', 'notes.txt'), 'x');
    await expect(openSegmentationDataset(half)).rejects.toThrow(/masks: holds no pictures/);
    await expect(openSegmentationDataset(half, { layout: 'coco' as 'voc' })).rejects.toThrow(
      /layout must be auto, voc, camvid, folders/,
    );
  });

  it.skipIf(process.getuid?.() === 0)('says when it may not read', async () => {
    const folder = await plainFolder(['a']);
    chmodSync(join(folder, 'images'), 0);
    try {
      await expect(openSegmentationDataset(folder)).rejects.toThrow(/images: may not be read/);
    } finally {
      chmodSync(join(folder, 'images'), 0o755);
    }
  });
});

describe('CamVid lists', () => {
  it('finds names below images/<split>, images and <split>', async () => {
    const name = '0001TP_006690';
    for (const [images, labels] of [
      ['images/train', 'labels/train'],
      ['images', 'labels'],
      ['train', 'trainannot'],
    ] as const) {
      const folder = fresh();
      await putImage(join(folder, images, `${name}.png`), 3, 2);
      await putMask(join(folder, labels, `${name}.png`), [0, 1, 10, 11, 5, 6], 3, 2);
      put(join(folder, 'train.txt'), `${name}.png\n`);
      const dataset = await openSegmentationDataset(folder);
      expect([dataset.layout, dataset.classes, dataset.ignoreIndex]).toEqual(['camvid', camvidClasses.classes, 11]);
      expect([...(await dataset.get(0)).mask.data]).toEqual([0, 1, 10, 11, 5, 6]);
      // it is not CamVid that the command was told of: 4 classes, without an ignored one that the masks have
      await expect((await openSegmentationDataset(folder, { classes: 4 })).verify()).rejects.toThrow(
        /unknown labels 5, 6, 10, 11/,
      );
    }
  });

  it('reads lines with two paths, also absolute ones from elsewhere', async () => {
    const folder = fresh();
    for (const name of ['b', 'a']) {
      await putImage(join(folder, 'train', `${name}.png`), 3, 2);
      await putMask(join(folder, 'trainannot', `${name}.png`), ids, 3, 2);
    }
    put(
      join(folder, 'train.txt'),
      '/SegNet/set/train/b.png /SegNet/set/trainannot/b.png\ntrain/a.PNG trainannot/a.png\n',
    );
    const dataset = await openSegmentationDataset(folder);
    expect(dataset.names).toEqual(['a', 'b']);
    expect(dataset.classes).toHaveLength(3);
    expect(await dataset.verify()).toEqual([4, 4, 2]);
  });

  it('stays inside the folder and names what is missing', async () => {
    const folder = fresh();
    put(join(root, 'outside.png'), 'x');
    put(join(folder, 'train.txt'), '../outside.png ../outside.png\n');
    await expect(openSegmentationDataset(folder)).rejects.toThrow(
      /train\.txt: names \.\.\/outside\.png, which leads out/,
    );
    put(join(folder, 'train.txt'), 'gone.png\n');
    await expect(openSegmentationDataset(folder)).rejects.toThrow(/names the image gone\.png, which is not there/);
    put(join(folder, 'train.txt'), '\n');
    await expect(openSegmentationDataset(folder)).rejects.toThrow(/lists no picture/);
  });
});

describe('Pascal VOC', () => {
  const place = (folder: string, ...path: string[]) => join(folder, 'VOCdevkit', 'VOC2012', ...path);

  it('reads colour masks with their border, as RGB and as palette', async () => {
    const folder = fresh();
    const mask = { width: 3, height: 2, data: Uint8Array.from([0, 1, 15, 20, 255, 7]) };
    const shown = colourise(mask, vocPalette(256));
    const pipeline = () => sharp(shown.data, { raw: { width: 3, height: 2, channels: 3 } });
    for (const name of ['2007_2', '2007_1']) await putImage(place(folder, 'JPEGImages', `${name}.jpg`), 3, 2);
    put(place(folder, 'SegmentationClass', '2007_1.png'), await pipeline().png().toBuffer());
    put(
      place(folder, 'SegmentationClass', '2007_2.png'),
      await pipeline().png({ palette: true, dither: 0, quality: 100 }).toBuffer(),
    );
    put(place(folder, 'ImageSets', 'Segmentation', 'train.txt'), '2007_2\n2007_1\n');
    const dataset = await openSegmentationDataset(folder);
    expect([dataset.layout, dataset.names, dataset.classes]).toEqual(['voc', ['2007_1', '2007_2'], vocClasses.classes]);
    expect([...(await dataset.get(0)).mask.data]).toEqual([...mask.data]);
    expect([...(await dataset.get(1)).mask.data]).toEqual([...mask.data]);
    put(place(folder, 'ImageSets', 'Segmentation', 'val.txt'), '2007_1\n2007_9\n');
    await expect(openSegmentationDataset(folder)).rejects.toThrow(/1 of 2 names have no image in JPEGImages: 2007_9/);
  });

  it('has the colour map of the development kit', () => {
    const palette = vocPalette(256);
    expect([palette[0], palette[1], palette[15], palette[20], palette[255]]).toEqual([
      [0, 0, 0],
      [128, 0, 0],
      [192, 128, 128],
      [0, 64, 128],
      [224, 224, 192],
    ]);
    expect(new Set(palette.map(String)).size).toBe(256);
  });
});
