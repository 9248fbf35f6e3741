import sharp, { type OverlayOptions } from 'sharp';
import { check } from '@hourglass/core';
import type { RgbImage } from '../data/image.js';
import type { Colour, Palette } from '../data/palette.js';
import { writeAtomically } from '@hourglass/core/node';

/** One picture of a sheet and the words below it. */
export interface SheetCell {
  readonly picture: RgbImage;
  readonly caption?: string;
}

export interface SheetOptions {
  /** One line above everything. */
  readonly title?: string;
  /** Names and colours of the classes, shown below the pictures. */
  readonly legend?: { readonly classes: readonly string[]; readonly palette: Palette };
  /** Width in pixels that each picture is drawn with; small pictures keep their hard pixels. Default 240. */
  readonly cellWidth?: number;
}

const page = { margin: 24, gap: 12, ground: '#f7f6f3', ink: '#26241f', faint: '#6d6a62' };
const family = "Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', 'Liberation Sans', sans-serif";

/**
 * Draws rows of pictures with captions, a title and a legend as one PNG, and writes it when `path` is given. Where the machine
 * has no fonts the words are left out, and the colours of the legend stay.
 */
export async function contactSheet(
  rows: readonly (readonly SheetCell[])[],
  options: SheetOptions = {},
  path?: string,
): Promise<Uint8Array> {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  check(columns > 0, 'a contact sheet needs at least one picture');
  const { cellWidth = 240, title, legend } = options;
  const words = await hasFonts();
  const parts: string[] = [];
  const tiles: OverlayOptions[] = [];
  const width = 2 * page.margin + columns * cellWidth + (columns - 1) * page.gap;
  let y = page.margin;
  if (title !== undefined && words) {
    parts.push(text(page.margin, y + 18, title, 18, page.ink, 600));
    y += 36;
  }
  for (const row of rows) {
    let tallest = 0;
    for (const [column, { picture, caption }] of row.entries()) {
      const left = page.margin + column * (cellWidth + page.gap);
      const height = Math.max(1, Math.round((picture.height * cellWidth) / picture.width));
      tiles.push({ input: await tile(picture, cellWidth, height), left, top: y });
      const hasCaption = caption !== undefined && caption !== '' && words;
      if (hasCaption) parts.push(text(left, y + height + 15, shorten(caption, cellWidth, 12), 12, page.faint));
      tallest = Math.max(tallest, height + (hasCaption ? 22 : 0));
    }
    y += tallest + page.gap;
  }
  if (legend !== undefined) {
    const drawn = drawLegend(legend.classes, legend.palette, y + 4, width - 2 * page.margin, words);
    parts.push(drawn.svg);
    y = drawn.bottom;
  }
  const height = y - page.gap + page.margin;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${page.ground}"/>${parts.join('')}</svg>`;
  const png = await sharp(Buffer.from(svg)).composite(tiles).flatten().png({ compressionLevel: 9 }).toBuffer();
  if (path !== undefined) await writeAtomically(path, png);
  return png;
}

async function tile({ width, height, data }: RgbImage, toWidth: number, toHeight: number): Promise<Buffer> {
  // enlarged pixels stay pixels, so that a mask's edges are seen as they are
  const kernel = toWidth > width ? 'nearest' : 'lanczos3';
  const corners = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${toWidth}" height="${toHeight}"><rect width="100%" height="100%" rx="4" fill="#fff"/></svg>`,
  );
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(toWidth, toHeight, { kernel, fit: 'fill' })
    .composite([{ input: corners, blend: 'dest-in' }])
    .png({ compressionLevel: 1 })
    .toBuffer();
}

function drawLegend(
  classes: readonly string[],
  palette: Palette,
  top: number,
  width: number,
  words: boolean,
): { readonly svg: string; readonly bottom: number } {
  const entries = classes.map((name, id) => ({ name, colour: palette[id] ?? ([128, 128, 128] as Colour) }));
  const length = (name: string): number => 20 + (words ? name.length * 7 + 18 : 8);
  let [x, y] = [0, top];
  const parts: string[] = [];
  for (const { name, colour } of entries) {
    if (x > 0 && x + length(name) > width) [x, y] = [0, y + 24];
    parts.push(
      `<rect x="${page.margin + x}" y="${y}" width="14" height="14" rx="3" fill="rgb(${colour.join(',')})" stroke="#00000033"/>`,
    );
    if (words) parts.push(text(page.margin + x + 20, y + 12, name, 12, page.ink));
    x += length(name);
  }
  return { svg: parts.join(''), bottom: y + 24 };
}

function text(x: number, y: number, words: string, size: number, colour: string, weight = 400): string {
  return `<text x="${x}" y="${y}" font-family="${family}" font-size="${size}" font-weight="${weight}" fill="${colour}">${escape(words)}</text>`;
}

/** Cuts words that would run into the next picture; fonts differ, so the width is a guess on the safe side. */
function shorten(words: string, width: number, size: number): string {
  const most = Math.max(4, Math.floor(width / (size * 0.56)));
  return words.length <= most ? words : `${words.slice(0, most - 1)}…`;
}

function escape(words: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  };
  // control characters are not allowed in XML at all
  return [...words].map((c) => names[c] ?? (c < ' ' ? ' ' : c)).join('');
}

let fonts: Promise<boolean> | undefined;

/** Without fonts every letter is the same box. */
async function hasFonts(): Promise<boolean> {
  const draw = (letter: string) =>
    sharp(
      Buffer.from(
        `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">${text(4, 32, letter, 32, '#000')}</svg>`,
      ),
    )
      .raw()
      .toBuffer();
  fonts ??= Promise.all([draw('W'), draw('l')]).then(
    ([wide, narrow]) => !wide.equals(narrow),
    () => false,
  );
  return fonts;
}
