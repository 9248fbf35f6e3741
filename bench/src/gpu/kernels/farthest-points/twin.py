import torch
from operation import operation_cases


def sample(x):
    batch, points, _ = x.shape
    chosen = torch.zeros(batch, 1024, dtype=torch.long)
    distances = torch.full((batch, points), torch.inf)
    last = torch.zeros(batch, dtype=torch.long)
    for i in range(1024):
        chosen[:, i] = last
        centre = x.gather(1, last[:, None, None].expand(-1, 1, 3))
        distances = torch.minimum(distances, (x - centre).square().sum(2))
        last = distances.argmax(1)
    return chosen


def make():
    return [torch.randn(16, 8192, 3)], sample


cases = operation_cases(make)
