import torch
from torch import nn
from torch.nn import functional as F
from training import Training, training_cases

HIDDEN, VOCABULARY = 256, 8000


class AttentionSeq2Seq(nn.Module):
    def __init__(self):
        super().__init__()
        self.source = nn.Embedding(VOCABULARY, HIDDEN)
        self.target = nn.Embedding(VOCABULARY, HIDDEN)
        self.encoder = nn.GRU(HIDDEN, HIDDEN, batch_first=True)
        self.decoder = nn.GRU(HIDDEN, HIDDEN, batch_first=True)
        self.combine = nn.Linear(2 * HIDDEN, HIDDEN)
        self.head = nn.Linear(HIDDEN, VOCABULARY)

    def forward(self, source, target):
        memory, last = self.encoder(self.source(source))
        output, _ = self.decoder(self.target(target), last)
        context = F.scaled_dot_product_attention(output, memory, memory, scale=1.0)
        return self.head(torch.tanh(self.combine(torch.cat([context, output], -1))))


class Plain(Training):
    def build(self):
        return AttentionSeq2Seq()

    def forward(self):
        return self.model(self.inputs["source"], self.inputs["target"])

    def loss(self):
        return F.cross_entropy(self.forward().flatten(0, 1), self.inputs["labels"].flatten())


cases = training_cases({"eager": Plain})
