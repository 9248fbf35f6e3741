import torch
from operation import operation_cases
from torch.nn.functional import group_norm


def make():
    return [torch.randn(16, 128, 128, 128), torch.randn(128), torch.randn(128)], lambda x, w, b: group_norm(x, 8, w, b)


cases = operation_cases(make, [0, 1, 2])
