import torch
from operation import operation_cases
from torch.nn.functional import layer_norm


def make():
    return [torch.randn(16384, 1024), torch.randn(1024), torch.randn(1024)], lambda x, w, b: layer_norm(x, (1024,), w, b)


cases = operation_cases(make, [0, 1, 2])
