import { readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

const page = fileURLToPath(new URL('page/', import.meta.url));
// the WebAssembly backend of core looks for its files beside the page
const { resolve } = createRequire(createRequire(import.meta.url).resolve('@hourglass/core'));
const wasm = dirname(resolve('@tensorflow/tfjs-backend-wasm'));

const fileAt = (path: string): Uint8Array | null =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(path) : null;

/**
 * Serves the page and the codec in a folder, on this machine only.
 *
 * @param port 0 takes a free one
 */
export async function serve(
  model: string,
  port: number,
): Promise<{ readonly address: string; readonly server: Server }> {
  const { outputFiles } = await build({
    entryPoints: [join(page, 'page.ts')],
    bundle: true,
    // decoders of sound are loaded when a file needs them
    splitting: true,
    outdir: '/',
    write: false,
    format: 'esm',
    platform: 'browser',
    // this repository's packages as they are, not as they were built last
    conditions: ['@hourglass/source'],
  });
  const scripts = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
  const contentsOf = (path: string): Uint8Array | null => {
    const name = basename(path);
    const folder = name === 'index.html' ? page : path.startsWith('/model/') ? model : wasm;
    return scripts.get(name) ?? fileAt(join(folder, name));
  };
  const server = createServer(({ url = '/' }, response) => {
    const [pathname = '/'] = url.split('?');
    const path = pathname === '/' ? '/index.html' : pathname;
    const contents = contentsOf(path);
    const type = types[extname(path)] ?? 'application/octet-stream';
    response.writeHead(contents === null ? 404 : 200, { 'content-type': type }).end(contents ?? '');
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', done);
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}
