import math

import torch
from torch import nn
from torch.nn import functional as F
from training import Training, training_cases

CHANNELS, STRIDES, LATENT = 32, (2, 4, 5, 8), 128


class Residual(nn.Sequential):
    def __init__(self, channels, dilation):
        super().__init__(
            nn.ELU(),
            nn.Conv1d(channels, channels, 7, dilation=dilation, padding=3 * dilation),
            nn.ELU(),
            nn.Conv1d(channels, channels, 1),
        )

    def forward(self, x):
        return x + super().forward(x)


class Codec(nn.Module):
    def __init__(self):
        super().__init__()
        down = [nn.Conv1d(1, CHANNELS, 7, padding=3)]
        up = [nn.Conv1d(CHANNELS, 1, 7, padding=3), nn.ELU()]
        width = CHANNELS
        for stride in STRIDES:
            half = math.ceil(stride / 2)
            down += [Residual(width, dilation) for dilation in (1, 3, 9)]
            down += [nn.ELU(), nn.Conv1d(width, 2 * width, 2 * stride, stride, half)]
            up += [Residual(width, dilation) for dilation in (9, 3, 1)]
            up += [nn.ConvTranspose1d(2 * width, width, 2 * stride, stride, half, stride % 2), nn.ELU()]
            width *= 2
        down += [nn.ELU(), nn.Conv1d(width, LATENT, 3, padding=1)]
        up += [nn.Conv1d(LATENT, width, 7, padding=3)]
        self.encoder = nn.Sequential(*down)
        self.decoder = nn.Sequential(*reversed(up))

    def quantize(self, latent, codebooks):
        with torch.no_grad():
            flat = latent.transpose(1, 2).flatten(0, 1)
            left = flat
            for book in codebooks:
                distances = book.square().sum(1) - 2 * (left @ book.T)
                left = left - book[distances.argmin(1)]
            codes = (flat - left).view(latent.shape[0], -1, LATENT).transpose(1, 2)
        return latent + (codes - latent).detach()

    def forward(self, x, codebooks):
        latent = self.encoder(x)
        quantized = self.quantize(latent, codebooks)
        return self.decoder(quantized), latent, quantized


class Plain(Training):
    def arrange(self, inputs):
        return inputs | {"sound": inputs["sound"].permute(0, 2, 1).contiguous()}

    def build(self):
        return Codec()

    def forward(self):
        return self.model(self.inputs["sound"], self.inputs["codebooks"])

    def loss(self):
        sound, latent, quantized = self.forward()
        return F.l1_loss(sound, self.inputs["sound"]) + 0.25 * F.mse_loss(latent, quantized.detach())

    def optimizer(self):
        return torch.optim.Adam(self.model.parameters(), lr=3e-4, fused=True)


def as_pictures(module):
    """The 1-d convolutions as 2-d ones of height 1, which have a channels-last form."""
    for name, child in module.named_children():
        if isinstance(child, (nn.Conv1d, nn.ConvTranspose1d)):
            kind = nn.Conv2d if isinstance(child, nn.Conv1d) else nn.ConvTranspose2d
            extra = {} if kind is nn.Conv2d else {"output_padding": (0, child.output_padding[0])}
            flat = kind(
                child.in_channels,
                child.out_channels,
                (1, child.kernel_size[0]),
                (1, child.stride[0]),
                (0, child.padding[0]),
                dilation=(1, child.dilation[0]),
                **extra,
            )
            with torch.no_grad():
                flat.weight.copy_(child.weight.unsqueeze(2))
                flat.bias.copy_(child.bias)
            setattr(module, name, flat)
        else:
            as_pictures(child)


class ChannelsLast(Plain):
    def place(self):
        as_pictures(self.model)
        self.model.to(memory_format=torch.channels_last)
        sound = self.inputs["sound"].unsqueeze(2).contiguous(memory_format=torch.channels_last)
        self.inputs = self.inputs | {"sound": sound}
        quantize = self.model.quantize
        self.model.quantize = lambda latent, books: quantize(latent.squeeze(2), books).unsqueeze(2)


cases = training_cases({"Conv1d": Plain, "channels last": ChannelsLast})
