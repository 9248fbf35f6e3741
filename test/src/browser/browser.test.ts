import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseNames, loadCases } from '../contract/suite.js';
import type { Report } from './page.js';

// The kernels in WGSL in a real browser: core bundled as an application would be, in headless Chromium on its software GPU.
const executable = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** All of them take minutes: those with the most to tell. */
const inBrowser = caseNames.filter((name) =>
  ['attention', 'row-norm', 'nearest-points', 'adam-update', 'convolution', 'selective-scan'].includes(name),
);

async function bundle(): Promise<string> {
  const suite = inBrowser.map(
    (name) => `import case_${name.replaceAll('-', '_')} from '${here(`../contract/cases/${name}.ts`)}';`,
  );
  const entries = inBrowser.map((name) => `'${name}': case_${name.replaceAll('-', '_')}`);
  const { outputFiles } = await build({
    entryPoints: [here('page.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['@hourglass/source'],
    plugins: [
      {
        name: 'cases',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^virtual:cases$/ }, () => ({ path: 'cases', namespace: 'cases' }));
          onLoad({ filter: /.*/, namespace: 'cases' }, () => ({
            contents: [...suite, `export const suite = { ${entries.join(', ')} };`].join('\n'),
            resolveDir: here('.'),
          }));
        },
      },
    ],
  });
  return outputFiles[0]!.text;
}

describe.skipIf(executable === undefined)(`in ${executable ?? 'a browser (skipped: there is no Chromium)'}`, () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    const script = await bundle();
    server = createServer((request, response) => {
      const isScript = request.url === '/page.js';
      response.setHeader('content-type', `${isScript ? 'text/javascript' : 'text/html'}; charset=utf-8`);
      response.end(isScript ? script : '<!doctype html><script type="module" src="page.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
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
  });

  it('kernels agree with their references', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForLoadState();
    expect(complaints).toEqual([]);
    const report = (await page.evaluate('globalThis.run()')) as Report;
    expect(complaints).toEqual([]);
    expect(report.reason).toContain('webgpu: asked for');
    expect(report.ownVersions).toBeGreaterThan(2);
    expect(Object.keys(report.measured)).toEqual(inBrowser);
    for (const [name, { forward, gradient, worst }] of Object.entries(report.measured)) {
      const { tolerance = 1e-4, gradientTolerance = tolerance } = await loadCases(name);
      expect(forward, `${name}, ${worst}`).toBeLessThanOrEqual(tolerance);
      expect(gradient ?? 0, `${name}, ${worst}`).toBeLessThanOrEqual(gradientTolerance);
    }
  });
});
