// Where the compiled addon may stand.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** `linux-x64`, `darwin-arm64`, …; on Linux with musl `linux-x64-musl`. */
export function platformName(arch = process.arch) {
  const musl =
    process.platform === 'linux' && process.report?.getReport().header.glibcVersionRuntime === undefined ? '-musl' : '';
  return `${process.platform}-${arch}${musl}`;
}

export const binaryIn = (folder, platform) => join(root, folder, platform, 'hourglass.node');

export const built = binaryIn('build', platformName());
export const prebuilt = binaryIn('prebuilds', platformName());
