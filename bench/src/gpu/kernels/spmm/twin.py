import torch
from operation import operation_cases


def make():
    places = torch.randint(100_000, (2, 1_000_000))
    matrix = torch.sparse_coo_tensor(places, torch.ones(1_000_000), (100_000, 100_000)).to_sparse_csr()
    return [torch.randn(100_000, 128)], lambda x: matrix @ x


cases = operation_cases(make, [0])
