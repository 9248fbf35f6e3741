#!/usr/bin/env node
// Compiles the C++ kernels with the compiler of this machine. Headers of Node's C interface come from the package
// node-api-headers, so that nothing is downloaded; the result runs in every Node from version 20 on.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { binaryIn, built, platformName, root } from './locations.mjs';

const run = promisify(execFile);
const sources = join(root, 'cpp');

const help = `Compiles the native backend of Hourglass.

  hourglass-build-native [--prebuild] [--sanitize] [--force] [--arch x64|arm64] [--kernels FOLDER]... [--output FILE]

  --prebuild   writes into prebuilds/, to be published, instead of build/
  --sanitize   with AddressSanitizer and UndefinedBehaviorSanitizer, into build/sanitize/
  --force      compiles every file anew
  --arch       for another processor than this one; CXX then has to name a compiler that does that
  --kernels    a folder of further kernels, besides those of the package; HOURGLASS_ADDON then names the binary
  --output     where the binary goes

CXX names the compiler (default: the first of c++, g++, clang++ that works); it needs C++17 and GCC's vector extensions.`;

/** What the kernels are compiled for: all of it goes into one binary, which chooses when it is loaded. */
const instructionSets = {
  x64: [
    { level: 0, name: 'sse2', flags: [] },
    { level: 1, name: 'avx2', flags: ['-mavx2', '-mfma'] },
    {
      level: 2,
      name: 'avx512',
      flags: ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl', '-mfma', '-mprefer-vector-width=512'],
    },
  ],
};
/**
 * Without the checks of pointers that AddressSanitizer makes too (or the processor), which take most of the time to compile, and of shifts of
 * negative numbers, which GCC and C++20 define.
 */
const sanitizing = [
  '-O1',
  '-g1',
  '-fno-omit-frame-pointer',
  '-fsanitize=address,undefined',
  '-fno-sanitize=null,alignment,pointer-overflow,object-size,shift-base',
  '-fno-sanitize-recover=undefined',
];
const baseline = [{ level: 0, name: 'baseline', flags: [] }];

/** @returns {Promise<string | null>} a working C++ compiler */
export async function findCompiler() {
  for (const candidate of process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++']) {
    try {
      await run(candidate, ['--version']);
      return candidate;
    } catch {
      // the next one
    }
  }
  return null;
}

/** @param {string} folder @returns {string[]} */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** @param {string[]} parts */
function digest(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}

/** A source file and all that it includes from here, as one text. @param {string} file @param {Set<string>} seen */
function textOf(file, seen = new Set()) {
  if (seen.has(file)) return '';
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const included = Array.from(text.matchAll(/^\s*#\s*include\s+"([^"]+)"/gm), ([, path]) => {
    const beside = join(dirname(file), path);
    return existsSync(beside) ? beside : join(sources, path);
  });
  return [text, ...included.map((path) => textOf(path, seen))].join('\0');
}

/**
 * @typedef {{ compiler: string, arch?: string, output?: string, sanitize?: boolean, force?: boolean, kernels?: string[], log?: (line: string) => void }} BuildOptions
 * @param {BuildOptions} options
 * @returns {Promise<string>} the binary
 */
export async function build({
  compiler,
  arch = process.arch,
  output = built,
  sanitize = false,
  force = false,
  kernels = [],
  log = () => {},
}) {
  const headers = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
  // objects are named by their contents, so that several checkouts may share them
  const objects = process.env.HOURGLASS_BUILD_CACHE ?? join(root, 'build', 'objects');
  mkdirSync(objects, { recursive: true });
  mkdirSync(dirname(output), { recursive: true });
  const common = [
    '-std=c++17',
    '-fPIC',
    '-fvisibility=hidden',
    '-fno-rtti',
    '-fno-math-errno',
    '-fno-trapping-math',
    '-Wall',
    '-Wno-psabi',
    '-Wno-ignored-attributes',
    '-DNODE_GYP_MODULE_NAME=hourglass',
    '-DNAPI_VERSION=8',
    ...(sanitize ? sanitizing : ['-O3']),
  ];
  const { stdout: version } = await run(compiler, ['--version']);
  /** @param {string} file @param {boolean} isKernel @param {string[]} own */
  const jobsOf = (file, isKernel, own) => {
    const variants = isKernel
      ? (instructionSets[arch] ?? baseline).map((set) => ({
          name: `${basename(file, '.cpp')}.${set.name}`,
          flags: [...common, '-fno-exceptions', ...set.flags, `-DHG_ISA=${set.level}`, ...own],
        }))
      : [{ name: basename(file, '.cpp'), flags: common }];
    return variants.map(({ name, flags }) => {
      const key = digest(compiler, version, ...flags, textOf(file)).slice(0, 24);
      return { file, flags, object: join(objects, `${name}.${key}.o`) };
    });
  };
  const isSource = (/** @type {string} */ file) => file.endsWith('.cpp');
  const jobs = [
    ...filesIn(sources)
      .filter(isSource)
      .flatMap((file) => jobsOf(file, basename(dirname(file)) === 'kernels', [])),
    // these include the package's headers by their paths in it
    ...kernels.flatMap((folder) =>
      filesIn(folder)
        .filter(isSource)
        .flatMap((file) => jobsOf(file, true, [`-I${sources}`])),
    ),
  ];
  const stale = jobs.filter(({ object }) => force || !existsSync(object));
  let done = 0;
  const queue = stale.values();
  const work = async () => {
    for (const { file, object, flags } of queue) {
      const made = `${object}.${process.pid}.o`;
      try {
        await run(compiler, [...flags, `-isystem${headers}`, '-c', file, '-o', made], { maxBuffer: 1 << 26 });
        renameSync(made, object);
      } finally {
        rmSync(made, { force: true });
      }
      log(`${++done}/${stale.length} ${basename(object)}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  await link({ compiler, output, sanitize, objects: jobs.map(({ object }) => object) });
  return output;
}

/** @param {{ compiler: string, output: string, sanitize: boolean, objects: string[] }} options */
async function link({ compiler, output, sanitize, objects }) {
  // when the last worker thread that loaded it ends, its own threads still run: it must stay in memory
  const stay = process.platform === 'darwin' ? [] : ['-Wl,-z,nodelete'];
  const libraries = sanitize
    ? ['-fsanitize=address,undefined', '-pthread', ...stay]
    : process.platform === 'darwin'
      ? ['-undefined', 'dynamic_lookup']
      : ['-static-libstdc++', '-static-libgcc', '-pthread', ...stay];
  const key = digest(compiler, ...libraries, ...objects.map((object) => basename(object)));
  const stamp = `${output}.key`;
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  const made = `${output}.${process.pid}`;
  try {
    await run(compiler, ['-shared', '-o', made, ...objects, ...libraries]);
    // in one step: another process may be loading it
    renameSync(made, output);
    writeFileSync(stamp, key);
  } finally {
    rmSync(made, { force: true });
  }
}

// also by way of the link in node_modules/.bin
const [, started] = process.argv;
if (started !== undefined && existsSync(started) && realpathSync(started) === fileURLToPath(import.meta.url))
  await main();

async function main() {
  const { values } = parseArgs({
    options: {
      prebuild: { type: 'boolean', default: false },
      sanitize: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      arch: { type: 'string', default: process.arch },
      kernels: { type: 'string', multiple: true, default: [] },
      output: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return;
  }
  const compiler = await findCompiler();
  if (compiler === null) {
    console.error(
      `no C++ compiler: ${process.env.CXX ? `CXX=${process.env.CXX} does not run` : 'install g++ or clang++, or set CXX'}`,
    );
    process.exitCode = 1;
    return;
  }
  const { arch, prebuild, sanitize, force, kernels } = values;
  const usual = sanitize
    ? join(root, 'build', 'sanitize', 'hourglass.node')
    : binaryIn(prebuild ? 'prebuilds' : 'build', platformName(arch));
  const output = values.output ?? usual;
  try {
    console.log(await build({ compiler, arch, output, sanitize, force, kernels, log: (line) => console.log(line) }));
  } catch (error) {
    console.error(error.stderr || error.message);
    process.exitCode = 1;
  }
}
