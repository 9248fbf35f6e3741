import torch
from operation import operation_cases
from torch.nn.functional import gelu


def make():
    return [torch.randn(2**25)], gelu


cases = operation_cases(make, [0])
