import torch
from operation import operation_cases


def make():
    return [torch.randn(8, 8192, 3), torch.randn(8, 8192, 3)], lambda a, b: torch.cdist(a, b).square().topk(16, largest=False).values


cases = operation_cases(make, [0, 1])
