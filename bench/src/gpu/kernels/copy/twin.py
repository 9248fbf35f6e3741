import torch
from operation import operation_cases


def make():
    x, y = torch.zeros(512 * 2**18), torch.empty(512 * 2**18)
    return [x, y], lambda x, y: y.copy_(x)


cases = operation_cases(make)
