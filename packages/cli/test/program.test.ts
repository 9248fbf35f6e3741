import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { discoverPackages, main, type TaskPackage } from '@hourglass/cli';
import { defineCommand, FileError, progressed, type Task } from '@hourglass/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

let lines: string[];
let errors: string;
let received: unknown[];
let controller: AbortController;

const echo: Task = {
  name: 'echo',
  description: 'repeats what it is given',
  commands: {
    train: defineCommand({
      description: 'train an echo',
      options: {
        data: { kind: 'text', description: 'folder', placeholder: 'FOLDER', required: true },
        batchSize: { kind: 'integer', description: 'examples at once', default: 8, min: 1 },
        rate: { kind: 'number', description: 'learning rate', default: 0.1, min: 0, max: 1 },
        mode: { kind: 'text', description: 'how', choices: ['loud', 'soft'], default: 'soft' },
        only: { kind: 'list', description: 'some', choices: ['a', 'b'] },
        resume: { kind: 'flag', description: 'go on' },
        shuffle: { kind: 'flag', description: 'in order', default: true },
        from: { kind: 'text', description: 'a model', conflicts: ['mode', 'batchSize'] },
        echoes: { kind: 'integer', description: 'how many', default: 1, goesWith: { resume: true, mode: ['loud'] } },
        out: { kind: 'text', description: 'sounds', default: 'sounds', writes: 'folder' },
      },
      async run(options, args) {
        received.push({ options, args });
      },
    }),
    predict: defineCommand({
      description: 'echo files',
      options: {},
      arguments: { name: 'files', description: 'what to echo', required: true },
      async run(_options, files, context) {
        if (files[0] === 'broken') throw new Error('a bug');
        if (files[0] === 'long') {
          controller.abort();
          await progressed(context, 1, 9);
        }
        throw new FileError(files[0]!, 'is no sound; give a WAV file');
      },
    }),
  },
};
/** Commands under words of their own. */
const horn: Task = {
  name: 'horn',
  description: 'a horn',
  commands: {},
  ownCommands: Object.fromEntries(
    ['horn blow', 'horn mute', 'toot'].map((words) => [
      words,
      defineCommand({
        description: `will ${words}`,
        options: { loud: { kind: 'flag', description: 'louder' } },
        arguments: [
          { name: 'in', description: 'what to play' },
          { name: 'out', description: 'where to', writes: 'file' },
        ],
        async run(options, args) {
          received.push({ words, options, args });
        },
      }),
    ]),
  ),
};
const packages: TaskPackage[] = [{ name: '@hourglass/echo', version: '1.2.3', folder: '', tasks: [echo, horn] }];

async function run(...args: string[]): Promise<number> {
  return main(args, packages, {
    print: (line) => lines.push(line),
    signal: controller.signal,
  });
}

beforeEach(() => {
  [lines, errors, received] = [[], '', []];
  controller = new AbortController();
  const collect = (text: unknown): boolean => ((errors += String(text)), true);
  vi.spyOn(process.stderr, 'write').mockImplementation(collect);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => (lines.push(String(text)), true));
  vi.spyOn(console, 'error').mockImplementation((text: unknown) => void collect(`${String(text)}\n`));
});
afterEach(() => void vi.restoreAllMocks());

describe('commands under words of their own', () => {
  it('run with their arguments', async () => {
    expect(await run('horn', 'blow', 'a.wav', 'b.wav', '--loud')).toBe(0);
    expect(await run('toot', 'a', 'b')).toBe(0);
    expect(received).toEqual([
      { words: 'horn blow', options: { loud: true }, args: ['a.wav', 'b.wav'] },
      { words: 'toot', options: { loud: false }, args: ['a', 'b'] },
    ]);
  });

  it('have help, and say what is missing or unknown', async () => {
    expect(await run('horn', 'blow', '--help')).toBe(0);
    expect(lines.join('')).toMatch(/Usage: hourglass horn blow \[options\] <in> <out>/);
    lines = [];
    expect(await run('--help')).toBe(0);
    expect(lines.join('')).toMatch(/horn +a horn[^]*toot \[options\] <in> <out> +will toot/);
    expect(await run('horn')).toBe(2);
    expect(errors).toMatch('say what to do: hourglass horn followed by one of blow, mute');
    expect(await run('horn', 'eat')).toBe(2);
    expect(errors).toMatch("unknown command 'horn eat'; there are blow, mute");
    expect(await run('horn', 'blow', 'a')).toBe(2);
    expect(errors).toMatch("missing required argument 'out'");
    for (const words of [
      ['horn', 'blow', 'a', 'b', 'c'],
      ['train', 'echo', 'a', '--data', 'd'],
    ]) {
      errors = '';
      expect(await run(...words)).toBe(2);
      expect(errors).toMatch('too many arguments');
    }
    expect(await run('toot', 'a', 'b', 'c')).toBe(2);
    expect(received).toEqual([]);
  });
});

describe('hourglass', () => {
  it('hands parsed options with their defaults to the task', async () => {
    expect(await run('train', 'echo', '--data', 'd', '--batch-size', '4', '--only', 'a,b', '--no-shuffle')).toBe(0);
    const options = {
      data: 'd',
      batchSize: 4,
      rate: 0.1,
      mode: 'soft',
      only: ['a', 'b'],
      resume: false,
      shuffle: false,
      echoes: 1,
      out: 'sounds',
    };
    expect(received).toEqual([{ options, args: [] }]);
  });

  it.each([
    ['an unknown command', ['trane'], /unknown command 'trane'/],
    ['an unknown task', ['train', 'ecko'], /unknown task 'ecko'; installed tasks: echo/],
    ['no task', ['train'], /say what to train: hourglass train echo --help/],
    ['an unknown option', ['train', 'echo', '--data', 'd', '--bach-size', '4'], /unknown option '--bach-size'/],
    ['a missing required option', ['train', 'echo'], /required option '--data <FOLDER>' not specified/],
    [
      'a number that is none',
      ['train', 'echo', '--data', 'd', '--batch-size', 'x'],
      /--batch-size takes a whole number, not 'x'/,
    ],
    [
      'a fraction for a count',
      ['train', 'echo', '--data', 'd', '--batch-size', '1.5'],
      /takes a whole number, not '1.5'/,
    ],
    [
      'a number out of range',
      ['train', 'echo', '--data', 'd', '--rate', '2'],
      /--rate takes a number from 0 to 1, not '2'/,
    ],
    ['a word that is no choice', ['train', 'echo', '--data', 'd', '--mode', 'odd'], /Allowed choices are loud, soft/],
    ['a list item that is no choice', ['train', 'echo', '--data', 'd', '--only', 'a,c'], /--only takes some of a, b/],
    [
      'one option in place of another',
      ['train', 'echo', '--data', 'd', '--from', 'm', '--batch-size', '8'],
      /give --from or --batch-size, not both/,
    ],
    [
      'an option that would do nothing',
      ['train', 'echo', '--data', 'd', '--echoes', '2'],
      /--echoes has no effect without --resume or --mode loud/,
    ],
    [
      'a file where a folder is to be written',
      ['train', 'echo', '--data', 'd', '--out', fileURLToPath(import.meta.url)],
      /program\.test\.ts: is a file, a folder was expected/,
    ],
    [
      'a folder below a file',
      ['train', 'echo', '--data', 'd', '--out', join(fileURLToPath(import.meta.url), 'x')],
      /cannot be written: .*program\.test\.ts is a file/,
    ],
    ['a folder where a file is to be written', ['horn', 'blow', 'a', tmpdir()], /is a folder, a file was expected/],
    ['an argument too many', ['train', 'echo', '--data', 'd', 'extra'], /too many arguments/],
    ['a missing argument', ['predict', 'echo'], /missing required argument 'files'/],
    ['input that the task refuses', ['predict', 'echo', 'x.txt'], /x\.txt: is no sound; give a WAV file/],
  ])('%s is one sentence and exit code 2', async (_, args, message) => {
    expect(await run(...args)).toBe(2);
    expect(errors).toMatch(message);
    expect(errors).not.toMatch(/\n {4}at /);
    expect(received).toEqual([]);
  });

  it('a fault of ours keeps its stack and exits with 1', async () => {
    expect(await run('predict', 'echo', 'broken')).toBe(1);
    expect(errors).toMatch(/fault in Hourglass/);
  });

  it('work that is stopped is no fault, and exits with 130', async () => {
    expect(await run('predict', 'echo', 'long')).toBe(130);
    expect(errors).toBe('stopped\n');
  });

  it('help says which options are required, and which go together', async () => {
    expect(await run('train', 'echo', '--help')).toBe(0);
    const help = lines.join('').replaceAll(/\s+/g, ' ');
    expect(help).toContain('folder (required)');
    expect(help).toContain('a model (not with --mode, --batch-size)');
    expect(help).toContain('how many (with --resume or --mode loud)');
  });

  it.each([[['--help']], [['train', '--help']], [['train', 'echo', '--help']], [['info', '--help']], [['--version']]])(
    '%j explains and exits with 0',
    async (args) => {
      expect(await run(...args)).toBe(0);
      expect(lines.join('')).toMatch(args[0] === '--version' ? /\d+\.\d+/ : /Usage: hourglass/);
    },
  );

  it('info says which backend would run and what is installed', async () => {
    expect(await run('info')).toBe(0);
    expect(lines.join('\n')).toMatch(/backend {2}\w+/);
    expect(lines.join('\n')).toMatch(/@hourglass\/echo 1\.2\.3\n {4}echo: repeats what it is given \(train, predict\)/);
  });
});

describe('discovery', () => {
  let project: string;
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'hourglass-project-'));
    const folder = join(project, 'node_modules/echo-tasks');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(project, 'package.json'), '{ "dependencies": { "echo-tasks": "1.0.0", "unrelated": "1.0.0" } }');
    const manifest = {
      name: 'echo-tasks',
      version: '1.0.0',
      type: 'module',
      exports: { './tasks': './t.js' },
      hourglass: { tasks: './tasks' },
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 't.js'), "export const tasks = [{ name: 'echo', description: 'd', commands: {} }];\n");
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  it("finds a package that the project depends on, and the scope's own", async () => {
    const found = await discoverPackages(project);
    const names = found.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['@hourglass/vision', 'echo-tasks']));
    // not what brings no tasks
    expect(names).not.toContain('@hourglass/core');
    expect(found.flatMap(({ tasks }) => tasks.map(({ name }) => name))).toContain('echo');
    // what options say of others holds for options that there are
    const commands = found.flatMap(({ tasks }) =>
      tasks.flatMap((task) => [...Object.values(task.commands), ...Object.values(task.ownCommands ?? {})]),
    );
    for (const { options } of commands) {
      for (const { conflicts = [], goesWith = {} } of Object.values(options)) {
        expect(Object.keys(options)).toEqual(expect.arrayContaining([...conflicts, ...Object.keys(goesWith)]));
        for (const [key, values] of Object.entries(goesWith)) {
          if (values !== true) expect(options[key]!.choices).toEqual(expect.arrayContaining([...values]));
        }
      }
    }
  });

  it('says which package is broken', async () => {
    writeFileSync(join(project, 'node_modules/echo-tasks/t.js'), 'syntax error');
    await expect(discoverPackages(project)).rejects.toThrow(/the tasks of echo-tasks in .* do not load/);
  });
});
