import torch
from torch import nn
from torch.nn import functional as F
from training import Training, training_cases


class Rows(nn.Module):
    """Layers for the rows of [N, points, features]."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x.flatten(0, -2)).unflatten(0, x.shape[:-1])


def layers(inputs, widths, make):
    result = []
    for i, o in zip((inputs, *widths), widths):
        result += [make(i, o), nn.BatchNorm1d(o), nn.ReLU(inplace=True)]
    return result


class PointNet(nn.Module):
    def __init__(self, convolutional):
        super().__init__()
        self.convolutional = convolutional
        if convolutional:
            self.points = nn.Sequential(*layers(3, (64, 128, 1024), lambda i, o: nn.Conv1d(i, o, 1)))
        else:
            self.points = Rows(*layers(3, (64, 128, 1024), nn.Linear))
        self.glob = nn.Sequential(*layers(1024, (512, 256), nn.Linear))
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(256, 40)

    def forward(self, x):
        x = self.points(x).amax(2 if self.convolutional else 1)
        return self.head(self.dropout(self.glob(x)))


class AsLinear(Training):
    def build(self):
        return PointNet(False)

    def forward(self):
        return self.model(self.inputs["cloud"])

    def loss(self):
        return F.cross_entropy(self.forward(), self.inputs["labels"])


class AsConvolution(AsLinear):
    """As PointNet's own code does it: [N, 3, points] and convolutions of size 1."""

    def arrange(self, inputs):
        return inputs | {"cloud": inputs["cloud"].transpose(1, 2).contiguous()}

    def build(self):
        return PointNet(True)


cases = training_cases({"Linear": AsLinear, "Conv1d": AsConvolution})
