import { describe, expect, it } from 'vitest';
import { Generator } from '@hourglass/core';
import {
  augmentationPreset,
  augmentationPresets,
  blurImage,
  changeColours,
  colourise,
  colourJitter,
  compose,
  distinctPalette,
  fitExample,
  fitSize,
  flipExample,
  gaussianBlur,
  gaussianNoise,
  randomCrop,
  randomFlip,
  randomRotation,
  randomScale,
  resizeImage,
  resizeMask,
  rotateExample,
  type Augmentation,
  type Colour,
  type SegmentationExample,
} from '@hourglass/vision';

const palette = distinctPalette(5);
const fill: Colour = [1, 2, 3];
const options = { ignoreIndex: 9, fill };

/** Blobs of five classes, with the mask painted as the image. */
function painted(width = 61, height = 47, seed = 4): SegmentationExample {
  const generator = new Generator(seed);
  const seeds = Array.from({ length: 12 }, () => [generator.integer(0, width), generator.integer(0, height)] as const);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const distances = seeds.map(([sx, sy]) => (sx - x) ** 2 + (sy - y) ** 2);
      data[y * width + x] = distances.indexOf(Math.min(...distances)) % 5;
    }
  }
  const mask = { width, height, data };
  return { name: 'painted', mask, image: colourise(mask, palette) };
}

/** Share of pixels whose 3 × 3 surroundings have one id and whose colour is that id's. */
function aligned({ image, mask }: SegmentationExample): number {
  const colours = [...palette, ...Array.from({ length: 4 }, () => fill), fill];
  let [inner, right] = [0, 0];
  for (let y = 1; y < mask.height - 1; y++) {
    for (let x = 1; x < mask.width - 1; x++) {
      const id = mask.data[y * mask.width + x]!;
      const around = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => mask.data[(y + dy) * mask.width + x + dx]));
      if (around.some((other) => other !== id)) continue;
      inner++;
      const at = (y * mask.width + x) * 3;
      if (colours[id]!.every((value, c) => Math.abs(value - image.data[at + c]!) <= 1)) right++;
    }
  }
  expect(inner).toBeGreaterThan(mask.data.length / 4);
  return right / inner;
}

describe('geometry', () => {
  const size = { width: 40, height: 36 };
  const cases: Record<string, Augmentation> = {
    flip: randomFlip({ horizontal: 1, vertical: 1 }),
    'scale up': randomScale({ range: [2, 3] }),
    'scale down': randomScale({ range: [0.6, 0.7] }),
    'scale to cover': randomScale({ range: [1, 1.5], cover: size }),
    crop: randomCrop(size, options),
    'crop with fill': randomCrop({ width: 80, height: 60 }, options),
    rotation: randomRotation(40, options),
    all: compose(
      randomScale({ range: [0.9, 1.6] }),
      randomRotation(15, options),
      randomCrop(size, options),
      randomFlip(),
    ),
  };
  for (const [name, augment] of Object.entries(cases)) {
    it(`${name}: the mask painted as image stays the image`, () => {
      for (let seed = 0; seed < 5; seed++) {
        const result = augment(painted(61, 47, seed), new Generator(seed));
        expect([result.mask.width, result.mask.height]).toEqual([result.image.width, result.image.height]);
        // each nearest id is up to half a pixel off, and these add up
        expect(aligned(result)).toBeGreaterThan({ 'scale down': 0.9, all: 0.95 }[name] ?? 0.97);
        expect([...new Set(result.mask.data)].every((id) => id < 5 || id === 9)).toBe(true);
      }
    });
  }

  it('flips exactly, and twice is nothing', () => {
    const example = painted();
    const once = flipExample(example, true, false);
    expect(once.mask.data[0]).toBe(example.mask.data[60]);
    for (const [across, down] of [
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      const twice = flipExample(flipExample(example, across, down), across, down);
      expect(twice.mask.data).toEqual(example.mask.data);
      expect(twice.image.data).toEqual(example.image.data);
    }
  });

  it('turns anticlockwise, a quarter of a square exactly', () => {
    const square = painted(33, 33);
    const turned = rotateExample(square, 90, 9, fill);
    for (const [x, y] of [
      [0, 0],
      [5, 20],
      [32, 1],
    ] as const) {
      // what was at the right comes to the top
      expect(turned.mask.data[y * 33 + x]).toBe(square.mask.data[x * 33 + 32 - y]);
    }
    expect(rotateExample(square, 0).image.data).toEqual(square.image.data);
  });

  it('crops every place, and pads with the ignored id', () => {
    const example = painted(6, 5);
    const generator = new Generator(1);
    const corners = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const { image } = randomCrop({ width: 4, height: 4 })(example, generator);
      corners.add([...image.data].join());
    }
    expect(corners.size).toBeGreaterThan(4);
    const wide = randomCrop({ width: 8, height: 4 }, options)(example, generator);
    expect(wide.mask.data.filter((id) => id === 9)).toHaveLength(2 * 4);
  });
});

describe('colours', () => {
  it('leaves the mask, changes nothing at neutral settings, and does what it says', () => {
    const example = painted();
    const neutral = { brightness: 1, contrast: 1, saturation: 1, hue: 0 };
    expect(changeColours(example.image, neutral).data).toEqual(example.image.data);
    const grey = changeColours(example.image, { ...neutral, saturation: 0 }).data;
    for (let i = 0; i < grey.length; i += 3)
      expect(
        Math.max(grey[i]!, grey[i + 1]!, grey[i + 2]!) - Math.min(grey[i]!, grey[i + 1]!, grey[i + 2]!),
      ).toBeLessThan(2);
    const dark = changeColours(example.image, { ...neutral, brightness: 0.5 }).data;
    expect(dark.every((value, i) => Math.abs(value - example.image.data[i]! / 2) <= 1)).toBe(true);
    const flat = changeColours(example.image, { ...neutral, contrast: 0 }).data;
    expect(Math.max(...flat) - Math.min(...flat)).toBeLessThan(2);
    const turned = changeColours(
      { width: 1, height: 1, channels: 3, data: Uint8Array.from([150, 90, 90]) },
      { ...neutral, hue: 1 / 3 },
    );
    expect(turned.data[1]! + turned.data[2]!).toBeGreaterThan(turned.data[0]! * 2);
    for (const augment of [
      colourJitter({ brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1 }),
      gaussianNoise(10),
      gaussianBlur(2, 1),
    ]) {
      const result = augment(example, new Generator(1));
      expect(result.mask).toBe(example.mask);
      expect(result.image.data).not.toEqual(example.image.data);
    }
  });

  it('blurs by the right amount and adds the right noise', () => {
    const point = { width: 21, height: 21, channels: 3 as const, data: new Uint8Array(21 * 21 * 3) };
    point.data.fill(255, (10 * 21 + 10) * 3, (10 * 21 + 10) * 3 + 3);
    const blurred = blurImage(point, 1);
    expect(blurred.data[(10 * 21 + 10) * 3]).toBeCloseTo(255 / (2 * Math.PI), -1);
    const grey = {
      name: '',
      mask: { width: 64, height: 64, data: new Uint8Array(4096) },
      image: { width: 64, height: 64, channels: 3 as const, data: new Uint8Array(64 * 64 * 3).fill(128) },
    };
    const stds = Array.from({ length: 30 }, (_, seed) => {
      const { data } = gaussianNoise(10)(grey, new Generator(seed)).image;
      const mean = data.reduce((a, b) => a + b, 0) / data.length;
      expect(Math.abs(mean - 128)).toBeLessThan(1);
      return Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
    });
    expect(Math.max(...stds)).toBeGreaterThan(7);
    expect(Math.max(...stds)).toBeLessThan(10.5);
  });
});

describe('presets and fitting', () => {
  it('give the size they promise, and the same again from the same seed', () => {
    const size = { width: 48, height: 32 };
    for (const preset of augmentationPresets) {
      const augment = augmentationPreset(preset, size, options);
      for (const example of [painted(), painted(48, 32), painted(30, 90)]) {
        const [a, b, c] = [1, 1, 2].map((seed) => augment(example, new Generator(seed))) as [
          SegmentationExample,
          SegmentationExample,
          SegmentationExample,
        ];
        expect([a.image.width, a.image.height, a.mask.width, a.mask.height]).toEqual([48, 32, 48, 32]);
        expect(a.image.data).toEqual(b.image.data);
        expect(a.mask.data).toEqual(b.mask.data);
        if (preset !== 'none') expect(a.image.data).not.toEqual(c.image.data);
      }
    }
    expect(() => augmentationPreset('wild' as 'none', size)).toThrow(/must be none, light, strong; got wild/);
  });

  it('does not change what it was given', () => {
    const example = painted();
    const [image, mask] = [example.image.data.slice(), example.mask.data.slice()];
    for (const preset of augmentationPresets)
      augmentationPreset(preset, { width: 32, height: 32 })(example, new Generator(3));
    expect(example.image.data).toEqual(image);
    expect(example.mask.data).toEqual(mask);
  });

  it('fits sizes to the stride and examples to the size', () => {
    expect(fitSize({ width: 240, height: 180 }, 32)).toEqual({ width: 224, height: 160 });
    expect(fitSize({ width: 20, height: 64 }, 32)).toEqual({ width: 32, height: 64 });
    const fitted = fitExample(painted(100, 50), { width: 32, height: 32 });
    expect([fitted.image.width, fitted.mask.height]).toEqual([32, 32]);
    expect(aligned(fitted)).toBeGreaterThan(0.8);
  });

  it('resizes like torch with antialiasing: a mean when halving, nearest for ids', () => {
    const image = {
      width: 4,
      height: 2,
      channels: 3 as const,
      data: Uint8Array.from([...Array(24).keys()].map((i) => i * 10)),
    };
    // torch.nn.functional.interpolate(x, size=(1, 2), mode='bilinear', antialias=True), rounded
    const half = resizeImage(image, { width: 2, height: 1 });
    expect([...half.data]).toEqual([81, 91, 101, 129, 139, 149]);
    const mask = { width: 4, height: 1, data: Uint8Array.from([7, 8, 9, 6]) };
    expect([...resizeMask(mask, { width: 8, height: 1 }).data]).toEqual([7, 7, 8, 8, 9, 9, 6, 6]);
    expect([...resizeMask(mask, { width: 2, height: 1 }).data]).toEqual([8, 6]);
  });
});
