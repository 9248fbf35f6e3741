import torch
from torch import nn
from torch.nn import functional as F
from training import Training, training_cases

PATCH, SEEN, PATCHES = 16, 49, 196


def blocks(depth, width, heads):
    return nn.ModuleList(
        nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        for _ in range(depth)
    )


def select(x, indices):
    return torch.gather(x, 1, indices.unsqueeze(-1).expand(-1, -1, x.shape[2]))


class Positions(nn.Module):
    def __init__(self, length, width):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(length, width))

    def forward(self, x):
        return x + self.weight


class MaskedAutoencoder(nn.Module):
    def __init__(self, width=384, decoder_width=192):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, width, PATCH, PATCH)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = Positions(PATCHES, width)
        self.blocks = blocks(6, width, 6)
        self.norm = nn.LayerNorm(width)
        self.decoder_embed = nn.Linear(width, decoder_width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, decoder_width))
        self.decoder_positions = Positions(PATCHES + 1, decoder_width)
        self.decoder_blocks = blocks(2, decoder_width, 6)
        self.decoder_norm = nn.LayerNorm(decoder_width)
        self.head = nn.Linear(decoder_width, PATCH * PATCH * 3)

    def forward(self, image, keep, restore):
        x = self.patch_embed(image).flatten(2).transpose(1, 2)
        x = select(self.positions(x), keep)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1)
        for block in self.blocks:
            x = block(x)
        x = self.decoder_embed(self.norm(x))
        hidden = self.mask_token.expand(len(x), PATCHES - SEEN, -1)
        tokens = select(torch.cat([x[:, 1:], hidden], 1), restore)
        x = self.decoder_positions(torch.cat([x[:, :1], tokens], 1))
        for block in self.decoder_blocks:
            x = block(x)
        return self.head(self.decoder_norm(x))[:, 1:]


class Contiguous(Training):
    memory_format = torch.contiguous_format

    def arrange(self, inputs):
        return inputs | {"image": inputs["image"].permute(0, 3, 1, 2).contiguous(memory_format=self.memory_format)}

    def build(self):
        return MaskedAutoencoder()

    def place(self):
        self.model.to(memory_format=self.memory_format)

    def forward(self):
        return self.model(self.inputs["image"], self.inputs["keep"], self.inputs["restore"])

    def loss(self):
        image = self.inputs["image"]
        target = image.reshape(len(image), 3, 14, PATCH, 14, PATCH).permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)
        errors = (self.forward() - target).square().mean(-1)
        masked = (self.inputs["restore"] >= SEEN).float()
        return (errors * masked).sum() / masked.sum()

    def optimizer(self):
        return torch.optim.AdamW(self.model.parameters(), lr=1e-3, weight_decay=0.05, fused=True)


class ChannelsLast(Contiguous):
    memory_format = torch.channels_last


cases = training_cases({"NCHW": Contiguous, "channels last": ChannelsLast})
