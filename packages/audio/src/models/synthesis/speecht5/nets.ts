import { initialiseNormal, type Generator } from '@hourglass/core';
import { SpeechDecoderPostnet } from '../postnet.js';
import type { SpeechT5Settings } from './config.js';
import { SpeechDecoderPrenet } from './speech-decoder-prenet.js';
import { SpeechEncoderPrenet } from './speech-encoder-prenet.js';
import { TextDecoderPostnet, TextDecoderPrenet, TextEncoderPrenet } from './text-nets.js';

/** The six nets that stand before and behind the body, for speech and for text. */
export interface SpeechT5Nets {
  readonly speechEncoderPrenet: SpeechEncoderPrenet;
  readonly textEncoderPrenet: TextEncoderPrenet;
  readonly speechDecoderPrenet: SpeechDecoderPrenet;
  readonly textDecoderPrenet: TextDecoderPrenet;
  readonly speechDecoderPostnet: SpeechDecoderPostnet;
  readonly textDecoderPostnet: TextDecoderPostnet;
}

/** All six, new. */
export function speechT5Nets(settings: SpeechT5Settings, generator?: Generator): SpeechT5Nets {
  return {
    speechEncoderPrenet: new SpeechEncoderPrenet(settings, generator),
    textEncoderPrenet: new TextEncoderPrenet(settings, generator),
    speechDecoderPrenet: new SpeechDecoderPrenet(settings, generator),
    textDecoderPrenet: new TextDecoderPrenet(settings, generator),
    speechDecoderPostnet: speechPostnet(settings, generator),
    textDecoderPostnet: new TextDecoderPostnet(settings, generator),
  };
}

/** States to a spectrogram and where it ends. */
export function speechPostnet(settings: SpeechT5Settings, generator?: Generator): SpeechDecoderPostnet {
  const postnet = new SpeechDecoderPostnet({
    hidden: settings.hidden_size,
    mels: settings.num_mel_bins,
    reduction: settings.reduction_factor,
    layers: settings.speech_decoder_postnet_layers,
    units: settings.speech_decoder_postnet_units,
    kernelSize: settings.speech_decoder_postnet_kernel,
    dropout: settings.speech_decoder_postnet_dropout,
    stops: true,
    generator,
  });
  for (const linear of [postnet.feat_out, postnet.prob_out!])
    initialiseNormal(linear, settings.initializer_range, generator);
  return postnet;
}
