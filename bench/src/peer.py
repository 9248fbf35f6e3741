"""Runs the PyTorch twin of a workload: prints `ready`, then the milliseconds of one step for each line read."""
import importlib.util
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[2]))
spec = importlib.util.spec_from_file_location("twin", sys.argv[1])
twin = importlib.util.module_from_spec(spec)
spec.loader.exec_module(twin)
torch.manual_seed(0)
step = twin.prepare()
for _ in range(2):
    step()
print("ready", torch.__version__, flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    step()
    print((time.perf_counter() - start) * 1000, flush=True)
