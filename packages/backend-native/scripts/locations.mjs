// Where the compiled addon may stand.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** `linux-x64`, `darwin-arm64`, …; on Linux with musl `linux-x64-musl`. */
export function platformName() {
  const musl =
    process.platform === 'linux' && process.report?.getReport().header.glibcVersionRuntime === undefined ? '-musl' : '';
  return `${process.platform}-${process.arch}${musl}`;
}

export const built = join(root, 'build', platformName(), 'hourglass.node');
export const prebuilt = join(root, 'prebuilds', platformName(), 'hourglass.node');
