import torch
from operation import operation_cases
from torch.nn.functional import cross_entropy


def make():
    return [torch.randn(8192, 16384), torch.randint(16384, (8192,))], cross_entropy


cases = operation_cases(make, [0])
