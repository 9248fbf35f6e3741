import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A PyTorch process that times one step of a workload's twin whenever asked. */
export interface Peer {
  readonly version: string;
  time(): Promise<number>;
  stop(): void;
}

/** Starts the twin `script` with the command `python`; rejects with what Python printed when it does not come up. */
export async function startPeer(python: string, script: URL, threads: number): Promise<Peer> {
  const runner = fileURLToPath(new URL('./peer.py', import.meta.url));
  // the paths are relative to the repository, so that a Python in a container with this folder mounted finds them
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const relative = (path: string): string => path.slice(root.length);
  const child = spawn(python, [relative(runner), relative(fileURLToPath(script)), String(threads)], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (data: Buffer) => (complaint = (complaint + data.toString()).slice(-2000)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const next = async (): Promise<string> => {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done === true) throw new Error(`${python} ended early: ${complaint.trim()}`);
    return value as string;
  };
  const [, version = '?'] = (await next()).split(' ');
  return {
    version,
    async time() {
      child.stdin.write('\n');
      return Number(await next());
    },
    stop: () => child.kill(),
  };
}
