import math

import torch
from torch import nn
from torch.nn import functional as F
from training import Training, training_cases

LENGTH, WIDTH, HEADS, LAYERS, FEED_FORWARD, VOCABULARY = 32, 256, 8, 3, 1024, 8000


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.source = nn.Embedding(VOCABULARY, WIDTH)
        self.target = nn.Embedding(VOCABULARY, WIDTH)
        position = torch.arange(LENGTH).unsqueeze(1)
        rate = torch.exp(torch.arange(0, WIDTH, 2) * (-math.log(10000.0) / WIDTH))
        table = torch.zeros(LENGTH, WIDTH)
        table[:, 0::2] = torch.sin(position * rate)
        table[:, 1::2] = torch.cos(position * rate)
        self.register_buffer("table", table)
        self.dropout = nn.Dropout(0.1)
        options = dict(dim_feedforward=FEED_FORWARD, batch_first=True)
        self.encoder = nn.ModuleList(nn.TransformerEncoderLayer(WIDTH, HEADS, **options) for _ in range(LAYERS))
        self.decoder = nn.ModuleList(nn.TransformerDecoderLayer(WIDTH, HEADS, **options) for _ in range(LAYERS))
        self.head = nn.Linear(WIDTH, VOCABULARY)
        mask = nn.Transformer.generate_square_subsequent_mask(LENGTH)
        self.register_buffer("mask", mask)

    def forward(self, source, target):
        memory = self.dropout(self.source(source) + self.table)
        for layer in self.encoder:
            memory = layer(memory)
        state = self.dropout(self.target(target) + self.table)
        for layer in self.decoder:
            state = layer(state, memory, tgt_mask=self.mask, tgt_is_causal=True)
        return self.head(state)


class Plain(Training):
    def build(self):
        return Transformer()

    def forward(self):
        return self.model(self.inputs["source"], self.inputs["target"])

    def loss(self):
        return F.cross_entropy(self.forward().flatten(0, 1), self.inputs["labels"].flatten())

    def optimizer(self):
        return torch.optim.AdamW(self.model.parameters(), lr=1e-3, fused=True)


cases = training_cases({"eager": Plain})
