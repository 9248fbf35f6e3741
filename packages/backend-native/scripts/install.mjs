// Runs when the package is installed: compiles the kernels where the package brings no binary for this platform and there is a
// compiler. It never fails an installation: without the addon, Hourglass runs on the WebAssembly backend.
import { existsSync } from 'node:fs';
import { build, findCompiler } from './build.mjs';
import { prebuilt } from './locations.mjs';

const notice = (reason) =>
  console.log(
    `@hourglass/backend-native: ${reason}; Hourglass uses the WebAssembly backend (later: npx hourglass-build-native)`,
  );

if (!existsSync(prebuilt)) {
  const compiler = process.platform === 'win32' ? null : await findCompiler();
  if (compiler === null) {
    notice('no binary for this platform and no C++ compiler');
  } else {
    try {
      await build({ compiler });
    } catch (error) {
      const first =
        String(error.stderr || error.message)
          .split('\n')
          .find((line) => line.includes('error')) ?? error.message;
      notice(`${compiler} did not compile it (${first.trim()})`);
    }
  }
}
