import torch
from operation import operation_cases


def make():
    window = torch.hann_window(1024)

    def run(x):
        return torch.view_as_real(torch.stft(x, 1024, 256, window=window, return_complex=True))

    return [torch.randn(32, 2**19)], run


cases = operation_cases(make, [0])
