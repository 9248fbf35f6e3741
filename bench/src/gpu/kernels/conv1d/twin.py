import torch
from operation import operation_cases
from torch.nn.functional import conv1d


def make():
    return [torch.randn(16, 256, 16384), torch.randn(512, 256, 8)], lambda x, w: conv1d(x, w, stride=4, padding=2)


cases = operation_cases(make, [0, 1])
