import torch
from operation import operation_cases
from torch.nn.functional import scaled_dot_product_attention


def make():
    return [torch.randn(4, 8, 4096, 64) for _ in range(3)], lambda q, k, v: scaled_dot_product_attention(q, k, v, is_causal=True)


cases = operation_cases(make, [0, 1, 2])
