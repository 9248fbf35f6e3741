import torch
from operation import operation_cases


def make():
    return [torch.randn(4096, 4096), torch.randn(4096, 4096)], torch.matmul


cases = operation_cases(make, [0, 1])
