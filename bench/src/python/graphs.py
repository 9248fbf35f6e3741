"""Graph networks of PyTorch Geometric, trained on the whole graph at once."""
import torch
from torch import nn
from torch.nn import functional as F
from torch_geometric.nn import GATConv, GCNConv
from training import Training


class GCN(nn.Module):
    def __init__(self, inputs, hidden, classes):
        super().__init__()
        self.conv1 = GCNConv(inputs, hidden, cached=True)
        self.conv2 = GCNConv(hidden, classes, cached=True)

    def forward(self, x, edges):
        x = F.dropout(x, 0.5, self.training)
        x = F.relu(self.conv1(x, edges))
        x = F.dropout(x, 0.5, self.training)
        return self.conv2(x, edges)


class GAT(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.conv1 = GATConv(inputs, 8, heads=8, dropout=0.6)
        self.conv2 = GATConv(64, classes, heads=1, dropout=0.6)

    def forward(self, x, edges):
        x = F.dropout(x, 0.6, self.training)
        x = F.elu(self.conv1(x, edges))
        x = F.dropout(x, 0.6, self.training)
        return self.conv2(x, edges)


class OnWholeGraph(Training):
    """Fill in `build` and `lr`."""

    def forward(self):
        return self.model(self.inputs["features"], self.inputs["edges"])

    def loss(self):
        return F.cross_entropy(self.forward()[self.inputs["train"]], self.inputs["labels"])

    def optimizer(self):
        return torch.optim.Adam(self.model.parameters(), lr=self.lr, weight_decay=5e-4, fused=True)


def as_sparse_matrix(inputs):
    """The inputs with the edges as a matrix in compressed rows, whose rows are destinations."""
    source, destination = inputs["edges"]
    nodes = inputs["features"].shape[0]
    matrix = torch.sparse_coo_tensor(torch.stack([destination, source]), torch.ones(len(source)), (nodes, nodes))
    return inputs | {"edges": matrix.coalesce().to_sparse_csr()}
