import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { chromium, type Browser } from 'playwright-core';
import { EncodecModel } from '@hourglass/audio';
import { compareValues } from '@hourglass/core/testing';
import { manualSeed, useBackend } from '@hourglass/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseNames, loadCases } from '../contract/suite.js';
import type { GraphReport } from './graph.js';
import type { Report } from './kernels.js';
import { useSound, type SoundReport } from './sound.js';

// The packages in a real browser, bundled as an application would be: headless Chromium on its software GPU.
const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};
/** All of them take minutes: those with the most to tell. */
const inBrowser = caseNames.filter((name) =>
  ['attention', 'row-norm', 'nearest-points', 'adam-update', 'convolution', 'selective-scan'].includes(name),
);

/** The cases of {@link inBrowser} as one module. */
const cases: Plugin = {
  name: 'cases',
  setup({ onResolve, onLoad }) {
    const suite = inBrowser.map(
      (name) => `import case_${name.replaceAll('-', '_')} from '${here(`../contract/cases/${name}.ts`)}';`,
    );
    const entries = inBrowser.map((name) => `'${name}': case_${name.replaceAll('-', '_')}`);
    onResolve({ filter: /^virtual:cases$/ }, () => ({ path: 'cases', namespace: 'cases' }));
    onLoad({ filter: /.*/, namespace: 'cases' }, () => ({
      contents: [...suite, `export const suite = { ${entries.join(', ')} };`].join('\n'),
      resolveDir: here('.'),
    }));
  },
};

/** The scripts of all pages by path. Modules of Node fail to resolve here. */
async function bundled(): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: ['kernels.ts', 'sound.ts', 'graph.ts'].map(here),
    bundle: true,
    splitting: true,
    write: false,
    outdir: '/',
    format: 'esm',
    platform: 'browser',
    conditions: ['@hourglass/source'],
    plugins: [cases],
  });
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]));
}

describe.skipIf(executable === undefined)(`in ${executable ?? 'a browser (skipped: there is no Chromium)'}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'hourglass-browser-'));
  let server: Server;
  let address: string;
  let browser: Browser;

  beforeAll(async () => {
    const scripts = await bundled();
    const files = (path: string): Uint8Array | null => {
      if (scripts.has(path)) return scripts.get(path)!;
      const places = [folder, here('../../../node_modules/@tensorflow/tfjs-backend-wasm/dist')];
      const found = places.map((place) => join(place, path)).find((file) => existsSync(file));
      return found === undefined ? null : readFileSync(found);
    };
    server = createServer(({ url = '/' }, response) => {
      const { pathname, search } = new URL(url, 'http://localhost');
      const isPage = pathname === '/';
      const body = isPage
        ? `<!doctype html><script type="module" src="${search.slice(1)}.js"></script>`
        : files(pathname);
      const type = isPage ? 'text/html; charset=utf-8' : (types[extname(pathname)] ?? 'application/octet-stream');
      response.writeHead(body === null ? 404 : 200, { 'content-type': type }).end(body ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({
      executablePath: executable!,
      args: [
        '--no-sandbox',
        '--headless',
        '--disable-gpu-sandbox',
        '--enable-unsafe-webgpu',
        // it compiles ten times as long what sets workgroup memory to zero first, which no kernel relies on
        '--enable-dawn-features=disable_workgroup_init',
        '--use-webgpu-adapter=swiftshader',
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What an expression gives on a page with one of the scripts, `without` some files. */
  async function onPage<T>(script: string, expression: string, { without }: { without?: RegExp } = {}): Promise<T> {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    if (without !== undefined) await page.route(without, (route) => route.fulfill({ status: 404 }));
    await page.goto(`${address}/?${script}`);
    await page.waitForLoadState();
    expect(complaints).toEqual([]);
    const result = (await page.evaluate(expression)) as T;
    expect(complaints).toEqual([]);
    await page.close();
    return result;
  }

  it('kernels agree with their references', async () => {
    const report = await onPage<Report>('kernels', 'run()');
    expect(report.reason).toContain('webgpu: asked for');
    expect(report.ownVersions).toBeGreaterThan(2);
    expect(Object.keys(report.measured)).toEqual(inBrowser);
    for (const [name, { forward, gradient, worst }] of Object.entries(report.measured)) {
      const { tolerance = 1e-4, gradientTolerance = tolerance } = await loadCases(name);
      expect(forward, `${name}, ${worst}`).toBeLessThanOrEqual(tolerance);
      expect(gradient ?? 0, `${name}, ${worst}`).toBeLessThanOrEqual(gradientTolerance);
    }
  });

  describe('sound and graphs', () => {
    const backends = ['wasm', 'webgpu'] as const;
    let inNode: SoundReport;
    beforeAll(async () => {
      await useBackend('wasm');
      manualSeed(0);
      const model = new EncodecModel({
        sampling_rate: 8000,
        num_filters: 4,
        hidden_size: 8,
        upsampling_ratios: [5, 4],
        codebook_size: 16,
        target_bandwidths: [3.2],
      });
      await model.savePretrained(join(folder, 'codec'));
      model.dispose();
      copyFileSync(here('../../../packages/audio/test/data/fixtures/tone.ogg'), join(folder, 'tone.ogg'));
      inNode = await useSound('wasm', `${address}/codec`, `${address}/tone.ogg`);
    });

    it.each(backends)('a codec, its streams and a mel spectrogram on %s', async (backend) => {
      const inPage = await onPage<SoundReport>('sound', `useSound('${backend}', '${address}/codec', 'tone.ogg')`);
      expect(inPage.reason).toContain(`${backend}: asked for`);
      expect(inPage).toMatchObject({ stream: inNode.stream, wavBytes: inNode.wavBytes, fromBytes: 0, left: 0 });
      expect(inPage.decoded).toHaveLength(2000);
      for (const name of ['decoded', 'mel'] as const)
        expect(compareValues(inPage[name], inNode[name], { rtol: 1e-4, atol: 1e-5 })).toMatchObject({ ok: true });
    });

    it.each(backends)('a GCN is trained on %s', async (backend) => {
      const { reason, accuracy, left } = await onPage<GraphReport>('graph', `useGraph('${backend}')`);
      expect(reason).toContain(`${backend}: asked for`);
      expect(accuracy).toBeGreaterThan(0.9);
      expect(left).toBe(0);
    });
  });

  it('says where the files of WebAssembly must lie when they are not there', async () => {
    const failing = onPage('graph', "useGraph('wasm')", { without: /\.wasm$/ });
    await expect(failing).rejects.toThrow(/copy the \.wasm files of .*tfjs-backend-wasm/);
  });
});
