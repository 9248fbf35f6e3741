import torch

SHAPES = [
    (8, 56, 64, 3, 1, 64),
    (4, 128, 32, 3, 1, 32),
    (8, 28, 128, 3, 1, 128),
    (4, 16, 256, 3, 1, 256),
    (8, 56, 64, 1, 1, 256),
    (4, 128, 3, 3, 1, 32),
    (4, 224, 3, 7, 2, 64),
    (8, 56, 64, 3, 2, 128),
]
FORMATS = {"NCHW": torch.contiguous_format, "channels last": torch.channels_last}
GRADIENTS = {"input gradient": [True, False, False], "filter gradient": [False, True, False]}


def tensors(shape, memory_format):
    batch, size, inner, kernel, stride, outer = shape
    x = torch.randn(batch, inner, size, size).to(memory_format=memory_format)
    weight = torch.randn(outer, inner, kernel, kernel).to(memory_format=memory_format)
    return x, weight, [stride, stride], [(kernel - 1) // 2] * 2


def forward(shape, memory_format):
    def prepare(_):
        x, weight, stride, padding = tensors(shape, memory_format)

        def step():
            with torch.inference_mode():
                torch.nn.functional.conv2d(x, weight, None, stride, padding)

        return step, None

    return prepare


def gradient(shape, memory_format, mask):
    def prepare(_):
        x, weight, stride, padding = tensors(shape, memory_format)
        y = torch.nn.functional.conv2d(x, weight, None, stride, padding)
        dy = torch.randn_like(y)

        def step():
            torch.ops.aten.convolution_backward(dy, x, weight, None, stride, padding, [1, 1], False, [0, 0], 1, mask)

        return step, None

    return prepare


cases = {}
for shape in SHAPES:
    batch, size, inner, kernel, stride, outer = shape
    name = f"{batch}x{size}x{size}x{inner} {kernel}x{kernel}{'' if stride == 1 else f'/{stride}'} to {outer}"
    cases[f"{name}: forward"] = {key: forward(shape, value) for key, value in FORMATS.items()}
    for operation, mask in GRADIENTS.items():
        cases[f"{name}: {operation}"] = {key: gradient(shape, value, mask) for key, value in FORMATS.items()}
