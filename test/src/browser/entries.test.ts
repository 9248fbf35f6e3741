import { fileURLToPath } from 'node:url';
import { build, type Message, type Metafile } from 'esbuild';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Bundles as an application does for browsers, where modules of Node fail to resolve. */
async function bundled(contents: string): Promise<{ metafile: Metafile; warnings: readonly Message[] }> {
  return build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    splitting: true,
    outdir: '/',
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['@hourglass/source'],
    metafile: true,
    logLevel: 'silent',
  });
}

/** The modules that a script and what it imports at once have something of. */
function inputsOf({ outputs }: Metafile, script: string): string[] {
  const { inputs, imports } = Object.entries(outputs).find(([path]) => path.endsWith(script))![1];
  const own = Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
  const needed = imports.filter(({ kind }) => kind === 'import-statement');
  return [...own, ...needed.flatMap(({ path }) => inputsOf({ outputs } as Metafile, path))];
}

it('the main entries of all packages need nothing of Node, threads neither, and bundle without a warning', async () => {
  const names = ['core', 'vision', 'graph', 'audio'];
  const { metafile, warnings } = await bundled(
    names.map((name) => `export * as ${name} from '@hourglass/${name}';`).join('\n'),
  );
  expect(warnings).toEqual([]);
  const inputs = Object.keys(metafile.inputs).filter((path) => path.includes('sampling/threads'));
  expect(inputs).toEqual([expect.stringContaining('threads/browser.ts')]);
});

it('an application that uses one model is not sent the others', async () => {
  const { metafile } = await bundled("export { EncodecModel } from '@hourglass/audio';");
  const sent = inputsOf(metafile, '/stdin.js');
  const models = sent.flatMap((path) => /packages\/audio\/src\/models\/(.*)\.ts$/.exec(path)?.[1] ?? []);
  expect(models).toContain('codecs/encodec');
  expect(models.filter((name) => !name.startsWith('codecs/') || /dac|mimi|oobleck|soundstream/.test(name))).toEqual([]);
  // decoders of sound are sent when a file asks for them
  expect(sent.filter((path) => /wasm-audio-decoders|opus|mpg123/.test(path))).toEqual([]);
});
