"""The same U-Net as ours: plain encoder with batch norm, decoder with skips, nearest upsampling."""
import torch
from torch import nn
from torch.nn import functional as F
from training import Training, training_cases


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
            x = stage(x if i == 0 else F.max_pool2d(x, 2))
            skips.append(x)
        for stage, skip in zip(self.up, skips[-2::-1]):
            x = stage(torch.cat([F.interpolate(x, scale_factor=2.0), skip], 1))
        return self.head(x)


class Contiguous(Training):
    memory_format = torch.contiguous_format

    def arrange(self, inputs):
        image = inputs["image"].permute(0, 3, 1, 2).contiguous(memory_format=self.memory_format)
        return {"image": image, "mask": inputs["mask"]}

    def build(self):
        return UNet(3, 8, (32, 64, 128, 256))

    def place(self):
        self.model.to(memory_format=self.memory_format)

    def forward(self):
        return self.model(self.inputs["image"])

    def loss(self):
        return F.cross_entropy(self.forward(), self.inputs["mask"])

    def optimizer(self):
        return torch.optim.AdamW(self.model.parameters(), lr=1e-3, fused=True)


class ChannelsLast(Contiguous):
    memory_format = torch.channels_last


cases = training_cases({"NCHW": Contiguous, "channels last": ChannelsLast})
