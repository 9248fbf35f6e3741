import torch
from torch import nn
from torch.nn import functional as F
from torch_geometric.nn import GATConv
from training import Training, training_cases


class GAT(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = GATConv(1433, 8, heads=8, dropout=0.6)
        self.conv2 = GATConv(64, 7, heads=1, dropout=0.6)

    def forward(self, x, edges):
        x = F.dropout(x, 0.6, self.training)
        x = F.elu(self.conv1(x, edges))
        x = F.dropout(x, 0.6, self.training)
        return self.conv2(x, edges)


class ByEdges(Training):
    def build(self):
        return GAT()

    def forward(self):
        return self.model(self.inputs["features"], self.inputs["edges"])

    def loss(self):
        return F.cross_entropy(self.forward()[self.inputs["train"]], self.inputs["labels"])

    def optimizer(self):
        return torch.optim.Adam(self.model.parameters(), lr=0.005, weight_decay=5e-4, fused=True)


cases = training_cases({"edge index": ByEdges})
