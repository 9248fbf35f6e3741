import { useBackend } from '@hourglass/core';
import { decodeSound, loadCodec, modelSound, resampleWaveform, type CodecModel } from '@hourglass/audio';
import { codings } from './codings.js';
import { figureOf } from './figure.js';

const status = document.querySelector<HTMLElement>('#status')!;
const input = document.querySelector<HTMLInputElement>('#file')!;
const sounds = document.querySelector<HTMLElement>('#sounds')!;

/** Shows a sound, and what is left of it with more and more codebooks. */
async function show(model: CodecModel<object>, file: File): Promise<void> {
  const read = await decodeSound(new Uint8Array(await file.arrayBuffer()), { name: file.name });
  const original = modelSound(resampleWaveform(read, model.sampleRate), model);
  for (const { src } of sounds.querySelectorAll('audio')) URL.revokeObjectURL(src);
  sounds.replaceChildren(await figureOf(`${file.name}, ${model.sampleRate / 1000} kHz`, original));
  for await (const { codebooks, stream, decoded, siSdr } of codings(model, original)) {
    const title = `${codebooks} of ${model.numCodebooks} codebooks: ${(model.bandwidthOf(codebooks) / 1000).toFixed(1)} kbit/s, SI-SDR ${siSdr.toFixed(1)} dB`;
    sounds.append(await figureOf(title, decoded, { name: `${codebooks}.hgc`, bytes: stream }));
  }
}

/** Does what takes a while: says so, and what went wrong. */
async function busy(what: string, work: () => Promise<string>): Promise<void> {
  input.disabled = true;
  status.textContent = what;
  try {
    status.textContent = await work();
  } catch (error) {
    status.textContent = error instanceof Error ? error.message : String(error);
  } finally {
    input.disabled = false;
  }
}

await busy('Loading the codec …', async () => {
  const { reason } = await useBackend();
  const model = (await loadCodec(new URL('model', location.href).href)).eval();
  const open = (file: File | undefined): void => {
    if (file === undefined || input.disabled) return;
    void busy(`Coding ${file.name} …`, async () => {
      await show(model, file);
      return `${file.name} is coded.`;
    });
  };
  input.addEventListener('change', () => open(input.files?.[0]));
  // without this the browser opens the file itself
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    open(event.dataTransfer?.files[0]);
  });
  return `Ready. Backend ${reason}.`;
});
