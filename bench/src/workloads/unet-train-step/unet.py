"""The same U-Net as ours: plain encoder with batch norm, decoder with skips, nearest upsampling."""
import torch
from torch import nn


def block(inputs, outputs):
    layers = []
    for i in (inputs, outputs):
        layers += [nn.Conv2d(i, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self, inputs, classes, widths):
        super().__init__()
        self.down = nn.ModuleList(block(i, o) for i, o in zip((inputs, *widths), widths))
        pairs = list(zip(widths[1:], widths))[::-1]
        self.up = nn.ModuleList(block(deep + skip, skip) for deep, skip in pairs)
        self.head = nn.Conv2d(widths[0], classes, 3, padding=1)

    def forward(self, x):
        skips = []
        for i, stage in enumerate(self.down):
            x = stage(x if i == 0 else nn.functional.max_pool2d(x, 2))
            skips.append(x)
        for stage, skip in zip(self.up, skips[-2::-1]):
            x = stage(torch.cat([nn.functional.interpolate(x, scale_factor=2.0), skip], 1))
        return self.head(x)
