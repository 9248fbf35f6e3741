import { encodeWav, spectrogramPicture, type Waveform } from '@hourglass/audio';

/** Bytes that can be saved. */
export interface Download {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A sound to see and to hear: title, mel spectrogram, player. */
export async function figureOf(title: string, sound: Waveform, download?: Download): Promise<HTMLElement> {
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  caption.textContent = title;
  if (download !== undefined) caption.append(', ', linkTo(download));
  const player = document.createElement('audio');
  player.controls = true;
  player.src = URL.createObjectURL(new Blob([new Uint8Array(encodeWav(sound))], { type: 'audio/wav' }));
  figure.append(caption, await canvasOf(sound), player);
  return figure;
}

function linkTo({ name, bytes }: Download): HTMLAnchorElement {
  const link = document.createElement('a');
  link.textContent = `${bytes.length.toLocaleString('en')} bytes`;
  link.download = name;
  link.href = URL.createObjectURL(new Blob([bytes]));
  return link;
}

async function canvasOf(sound: Waveform): Promise<HTMLCanvasElement> {
  const { width, height, data } = await spectrogramPicture([sound]);
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    image.data.set(data.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
    image.data[4 * pixel + 3] = 255;
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return canvas;
}
