import { check } from '@hourglass/core';
import type { FullHDemucsConfig } from './config.js';

/** Sizes of one convolution of an encoder layer and of the transposed one of the decoder layer across from it. */
export interface LayerPlan {
  /** Over frequencies, or over time. */
  readonly freq: boolean;
  readonly kernelSize: number;
  readonly stride: number;
  /** The first one is padded, the second one's result cut, so that sizes divide by the stride. */
  readonly pad: boolean;
  /** Frequencies that come in; 1 in layers over time. */
  readonly frequencies: number;
  /** Whether all frequencies become one here, and the waveform's branch joins. */
  readonly joins: boolean;
}

/** Sizes of the layers of the spectrogram's branch, and of those of the waveform's. */
export interface Plan {
  readonly freq: readonly LayerPlan[];
  readonly time: readonly LayerPlan[];
  /** Frequencies behind the first layer. */
  readonly embedded: number;
}

/** @throws InvalidArgumentError when the branches do not meet, or layers do not undo each other's sizes */
export function planLayers(config: FullHDemucsConfig): Plan {
  const { depth, nfft, kernelSize, stride, timeStride } = config;
  const freq: LayerPlan[] = [];
  const time: LayerPlan[] = [];
  let frequencies = nfft / 2;
  for (let layer = 0; layer < depth; layer++) {
    if (frequencies === 1) {
      freq.push({ freq: false, kernelSize: 2 * timeStride, stride: timeStride, pad: true, frequencies, joins: false });
      continue;
    }
    const joins = frequencies <= kernelSize;
    freq.push({ freq: true, kernelSize: joins ? frequencies : kernelSize, stride, pad: !joins, frequencies, joins });
    // torchaudio's one exception, without which nfft 2048 does not come out even
    const short = joins && nfft === 2048;
    time.push({
      freq: false,
      kernelSize: short ? 4 : kernelSize,
      stride: short ? 2 : stride,
      pad: true,
      frequencies: 1,
      joins,
    });
    frequencies = joins ? 1 : Math.floor(frequencies / stride);
  }
  const each = (what: string): string =>
    `HDemucs of depth ${depth}, nfft ${nfft}, kernelSize ${kernelSize}, stride ${stride} and timeStride ${timeStride}: ${what}`;
  check(
    freq.some(({ joins }) => joins),
    () => each(`${frequencies} frequencies are left where the branches should meet; use a smaller nfft or more depth`),
  );
  [...freq, ...time].forEach((layer) => checkSizes(layer, each));
  const hop = nfft / 4;
  const covered = time.reduce((product, layer) => product * layer.stride, 1);
  check(covered === hop, () =>
    each(
      `the waveform's branch takes one step every ${covered} samples, the spectrogram's every ${hop}; ` +
        'with kernelSize 8 and stride 4 they agree for nfft 256, 1024, 2048 and 4096',
    ),
  );
  return { freq, time, embedded: freq[1]?.frequencies ?? 1 };
}

function checkSizes({ kernelSize, stride, pad, frequencies, joins, freq }: LayerPlan, each: (what: string) => string) {
  if (!pad) return;
  const before = Math.floor(kernelSize / 4);
  check((kernelSize - stride) % 2 === 0 && kernelSize >= stride, () =>
    each(`a kernel of ${kernelSize} and a stride of ${stride} must differ by an even number`),
  );
  const divides = kernelSize - 2 * before > 0 && kernelSize - 2 * before <= stride;
  check(divides, () => each(`a stride of ${stride} does not fit a kernel of ${kernelSize}`));
  check(!freq || joins || frequencies % stride === 0, () =>
    each(`${frequencies} frequencies do not divide by the stride`),
  );
}
