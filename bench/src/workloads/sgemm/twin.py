import torch

SIZES = [(1, 512, 512, 512), (1, 1024, 1024, 1024), (1, 2048, 2048, 2048), (256, 32, 32, 32), (64, 128, 128, 64)]


def product(batch, m, n, k):
    def prepare(_):
        a, b = torch.randn(batch, m, k), torch.randn(batch, k, n)
        if batch == 1:
            a, b = a[0], b[0]

        def step():
            with torch.inference_mode():
                torch.matmul(a, b)

        return step, None

    return prepare


cases = {
    f"{'' if batch == 1 else f'{batch} x '}{m}x{n}x{k}": {"matmul": product(batch, m, n, k)} for batch, m, n, k in SIZES
}
