import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '@hourglass/core/node';

interface Point {
  readonly epoch: number;
  readonly value: number;
}

const [width, height, margin] = [640, 240, 44];

/** Draws loss and a validation score of a run, from its metrics.jsonl, into curve.svg. @returns its path, or null without metrics */
export async function writeCurve(run: string, score: string): Promise<string | null> {
  const path = join(run, 'metrics.jsonl');
  if (!existsSync(path)) return null;
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const points = (kind: string, name: string): Point[] =>
    lines.flatMap((line) => {
      const { epoch, [name]: value } = line;
      return line['kind'] === kind && typeof epoch === 'number' && typeof value === 'number' ? [{ epoch, value }] : [];
    });
  const panels = [
    panel('loss in training', points('epoch', 'loss'), 0),
    panel(`${score} in validation`, points('validation', score), height),
  ];
  const picture = join(run, 'curve.svg');
  await writeAtomically(
    picture,
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${2 * height}" font-family="sans-serif" font-size="12">` +
      `<rect width="100%" height="100%" fill="white"/>${panels.join('')}</svg>\n`,
  );
  return picture;
}

function panel(title: string, points: readonly Point[], top: number): string {
  const values = points.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const last = Math.max(1, ...points.map(({ epoch }) => epoch));
  const x = (epoch: number): number => margin + ((width - 2 * margin) * epoch) / last;
  const y = (value: number): number =>
    top + height - margin - ((height - 2 * margin) * (value - low)) / (high - low || 1);
  const line = points.map(({ epoch, value }) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const label = (text: string, at: number, anchor: string, left: number): string =>
    `<text x="${left}" y="${at.toFixed(1)}" text-anchor="${anchor}">${text}</text>`;
  const scale =
    points.length === 0
      ? ''
      : label(high.toPrecision(3), y(high), 'end', margin - 6) + label(low.toPrecision(3), y(low), 'end', margin - 6);
  return (
    `<path d="M${margin},${top + margin} V${top + height - margin} H${width - margin}" fill="none" stroke="#999"/>` +
    `<polyline points="${line}" fill="none" stroke="#2563eb" stroke-width="1.5"/>${scale}` +
    label(title, top + margin - 12, 'start', margin) +
    label(`epoch ${last}`, top + height - margin + 18, 'end', width - margin)
  );
}
