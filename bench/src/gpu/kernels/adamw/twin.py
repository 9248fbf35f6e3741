import torch


def prepare(_):
    parameter = torch.nn.Parameter(torch.randn(2**25))
    parameter.grad = torch.randn(2**25)
    optimizer = torch.optim.AdamW([parameter], lr=1e-3, fused=True)
    return optimizer.step, None


cases = {"forward": {"PyTorch": prepare}}
