"""From nothing to a first result."""
import torch

x = torch.ones(64, 64)
print((x @ x)[0, 0].item(), flush=True)
