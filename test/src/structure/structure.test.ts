import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { structureProblems } from './rules.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

describe('the repository', () => {
  it('keeps its structure: dependency direction, no cycles, the skeleton, one TFJS core', () => {
    expect(structureProblems(root)).toEqual([]);
  });
});

describe('the structure check fails on', () => {
  let copy: string;
  const upwards = (): string => join(copy, 'packages/core/src/upwards.ts');
  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'hourglass-structure-'));
    // what the rules look at
    const looked = /^packages(\/[^/]+(\/(src\b.*|test(\/tsconfig\.json)?|[^/]+\.json|[^/]+\.md|LICENSE))?)?$/;
    cpSync(join(root, 'packages'), join(copy, 'packages'), {
      recursive: true,
      filter: (path) => looked.test(relative(root, path).replaceAll(sep, '/')),
    });
  });
  beforeEach(() => {
    cpSync(join(root, 'package-lock.json'), join(copy, 'package-lock.json'));
    // a second modality, as a contributor would add it
    cpSync(join(copy, 'packages/vision'), join(copy, 'packages/movement'), { recursive: true });
    const manifest = join(copy, 'packages/movement/package.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replaceAll('@hourglass/vision', '@hourglass/movement'));
    const config = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as { references: object[] };
    config.references.push({ path: 'packages/movement' }, { path: 'packages/movement/test' });
    writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify(config));
  });
  afterEach(() => {
    rmSync(join(copy, 'packages/movement'), { recursive: true });
    rmSync(upwards(), { force: true });
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('nothing in a well-formed second modality', () => {
    expect(structureProblems(copy)).toEqual([]);
  });

  it('a modality that imports another', () => {
    writeFileSync(
      join(copy, 'packages/movement/src/layers/borrowed.ts'),
      "export { papers } from '@hourglass/vision';\n",
    );
    expect(structureProblems(copy)).toEqual([
      expect.stringContaining('imports @hourglass/vision: packages/movement may import core'),
    ]);
  });

  it('a modality that reaches into another by path', () => {
    writeFileSync(
      join(copy, 'packages/movement/src/layers/borrowed.ts'),
      "export * from '../../../vision/src/papers.js';\n",
    );
    expect(structureProblems(copy)).toEqual([expect.stringContaining("outside its package's src")]);
  });

  it('core that imports a modality', () => {
    writeFileSync(upwards(), "import type { Paper } from '@hourglass/vision';\nexport type P = Paper;\n");
    expect(structureProblems(copy)).toEqual([expect.stringContaining('packages/core may import no other package')]);
  });

  it('an import cycle', () => {
    const folder = join(copy, 'packages/movement/src/layers/cycle');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.ts'), "import { b } from './b.js';\nexport const a = (): number => b();\n");
    writeFileSync(join(folder, 'b.ts'), "import { a } from './a.js';\nexport const b = (): number => a();\n");
    expect(structureProblems(copy)).toEqual([expect.stringMatching(/import cycle: .*a\.ts -> .*b\.ts -> .*a\.ts/)]);
  });

  it('a package without the skeleton', () => {
    rmSync(join(copy, 'packages/movement/src/papers.ts'));
    expect(structureProblems(copy)).toEqual([expect.stringContaining('packages/movement has no src/papers.ts')]);
  });

  it('a modality without its tasks', () => {
    const path = join(copy, 'packages/movement/package.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    manifest['exports'] = { '.': './dist/index.js', './node': './dist/node.js', './package.json': './package.json' };
    delete manifest['hourglass'];
    writeFileSync(path, JSON.stringify(manifest));
    expect(structureProblems(copy)).toEqual([
      expect.stringContaining('exports lacks ./tasks'),
      expect.stringContaining('hourglass.tasks must be "./tasks"'),
    ]);
  });

  it('a package whose tests nobody compiles', () => {
    cpSync(join(root, 'tsconfig.json'), join(copy, 'tsconfig.json'));
    expect(structureProblems(copy)).toEqual([
      'tsconfig.json does not refer to packages/movement',
      'tsconfig.json does not refer to packages/movement/test',
    ]);
  });

  it('a package that needs the conformance kit to run', () => {
    writeFileSync(
      join(copy, 'packages/movement/src/layers/checked.ts'),
      "export { testModel } from '@hourglass/testing';\n",
    );
    expect(structureProblems(copy)).toEqual([
      expect.stringContaining('imports @hourglass/testing: packages/movement may import core'),
    ]);
  });

  it('a second copy of tfjs-core', () => {
    const path = join(copy, 'package-lock.json');
    const lock = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, unknown> };
    lock.packages['packages/movement/node_modules/@tensorflow/tfjs-core'] = { version: '4.21.0' };
    writeFileSync(path, JSON.stringify(lock));
    expect(structureProblems(copy)).toEqual([expect.stringContaining('2 copies of @tensorflow/tfjs-core')]);
  });

  it('tfjs-core as an ordinary dependency', () => {
    const path = join(copy, 'packages/movement/package.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { dependencies: Record<string, string> };
    manifest.dependencies['@tensorflow/tfjs-core'] = '4.22.0';
    writeFileSync(path, JSON.stringify(manifest));
    expect(structureProblems(copy)).toEqual([expect.stringContaining('must be a peer dependency')]);
  });
});
