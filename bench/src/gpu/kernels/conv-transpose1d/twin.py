import torch
from operation import operation_cases
from torch.nn.functional import conv_transpose1d


def make():
    return [torch.randn(16, 512, 4096), torch.randn(512, 256, 8)], lambda x, w: conv_transpose1d(x, w, stride=4, padding=2)


cases = operation_cases(make, [0, 1])
