import torch
from torch import nn
from training import Training, training_cases


def shared(inputs, widths):
    layers = []
    for i, o in zip((inputs, *widths), widths):
        layers += [nn.Linear(i, o), nn.BatchNorm1d(o), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def folding(inputs):
    return nn.Sequential(
        nn.Linear(inputs, 512), nn.ReLU(inplace=True), nn.Linear(512, 512), nn.ReLU(inplace=True), nn.Linear(512, 3)
    )


class FoldingNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.points = shared(3, (64, 128, 1024))
        self.code = nn.Linear(1024, 512)
        self.fold1 = folding(514)
        self.fold2 = folding(515)
        axis = torch.linspace(-1, 1, 45)
        self.register_buffer("grid", torch.cartesian_prod(axis, axis))

    def forward(self, x):
        features = self.points(x.flatten(0, 1)).unflatten(0, x.shape[:2]).amax(1)
        codes = self.code(features).unsqueeze(1).expand(-1, len(self.grid), -1)
        grid = self.grid.expand(len(x), -1, -1)
        folded = self.fold1(torch.cat([codes, grid], 2))
        return self.fold2(torch.cat([codes, folded], 2))


def by_products(a, b):
    distances = a.square().sum(2).unsqueeze(2) + b.square().sum(2).unsqueeze(1) - 2 * (a @ b.transpose(1, 2))
    return distances.amin(2).mean() + distances.amin(1).mean()


def by_indices(a, b):
    """Finds the nearest without gradient and measures those distances again: less to keep and to go back through."""
    with torch.no_grad():
        distances = torch.cdist(a, b)
        nearest_b, nearest_a = distances.argmin(2), distances.argmin(1)

    def select(x, indices):
        return torch.gather(x, 1, indices.unsqueeze(-1).expand(-1, -1, 3))

    forward = (a - select(b, nearest_b)).square().sum(2).mean()
    return forward + (b - select(a, nearest_a)).square().sum(2).mean()


class Plain(Training):
    distance = staticmethod(by_products)

    def build(self):
        return FoldingNet()

    def forward(self):
        return self.model(self.inputs["cloud"])

    def loss(self):
        return self.distance(self.inputs["cloud"], self.forward())


class ByIndices(Plain):
    distance = staticmethod(by_indices)


cases = training_cases({"distances by products": Plain, "nearest by index": ByIndices})
