import torch
from torch import nn
from torch.nn import functional as F
from torch_geometric.nn import GCNConv
from training import Training, training_cases


class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = GCNConv(1433, 16, cached=True)
        self.conv2 = GCNConv(16, 7, cached=True)

    def forward(self, x, edges):
        x = F.dropout(x, 0.5, self.training)
        x = F.relu(self.conv1(x, edges))
        x = F.dropout(x, 0.5, self.training)
        return self.conv2(x, edges)


class ByEdges(Training):
    def build(self):
        return GCN()

    def forward(self):
        return self.model(self.inputs["features"], self.inputs["edges"])

    def loss(self):
        return F.cross_entropy(self.forward()[self.inputs["train"]], self.inputs["labels"])

    def optimizer(self):
        return torch.optim.Adam(self.model.parameters(), lr=0.01, weight_decay=5e-4, fused=True)


class BySparseMatrix(ByEdges):
    def arrange(self, inputs):
        source, destination = inputs["edges"]
        nodes = inputs["features"].shape[0]
        matrix = torch.sparse_coo_tensor(torch.stack([destination, source]), torch.ones(len(source)), (nodes, nodes))
        return inputs | {"edges": matrix.coalesce().to_sparse_csr()}


cases = training_cases({"edge index": ByEdges, "sparse matrix": BySparseMatrix})
