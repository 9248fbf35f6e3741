import torch
from operation import operation_cases


def make():
    ids = torch.randint(100_000, (1_000_000,))
    index = ids[:, None].expand(-1, 8)

    def softmax(x):
        largest = torch.zeros(100_000, 8).scatter_reduce(0, index, x.detach(), "amax", include_self=False)
        e = (x - largest[ids]).exp()
        return e / torch.zeros(100_000, 8).index_add(0, ids, e)[ids]

    return [torch.randn(1_000_000, 8)], softmax


cases = operation_cases(make, [0])
