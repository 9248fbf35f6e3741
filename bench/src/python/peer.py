"""Runs the PyTorch twin of a workload: a JSON object a line in, one a line out, the same protocol as child.ts.

A twin's `cases` are {case: {variant: prepare}}: prepare(tensors) takes the parameters and inputs that ours starts from (or None)
and returns a step to be timed and a function that says where the computation starts (or None).
"""
import importlib.util
import json
import os
import resource
import sys
import time

import torch

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
torch.set_num_threads(int(sys.argv[2]))
device = sys.argv[3] if len(sys.argv) > 3 else "cpu"
torch.set_default_device(device)
spec = importlib.util.spec_from_file_location("twin", sys.argv[1])
twin = importlib.util.module_from_spec(spec)
spec.loader.exec_module(twin)
prepared = []


def peak_bytes():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def answer(request):
    global prepared
    if "prepare" in request:
        prepared = []
        tensors = None
        if request.get("file") and os.path.exists(request["file"]):
            from safetensors.torch import load_file

            tensors = load_file(request["file"], device=device)
        variants = twin.cases[request["prepare"]]
        only = request.get("only")
        starts = []
        for name, prepare in variants.items():
            if only is not None and name != only:
                continue
            torch.manual_seed(0)
            step, start = prepare(tensors)
            starts.append(start() if start is not None and request.get("check") else None)
            prepared.append(step)
        return {"variants": [name for name in variants if only in (None, name)], "starts": starts}
    if "memory" in request:
        return {"bytes": peak_bytes()}
    step = prepared[request["variant"]]
    repetitions = request["time"]
    start = time.perf_counter()
    for _ in range(repetitions):
        step()
    if device == "cuda":
        torch.cuda.synchronize()
    return {"ms": (time.perf_counter() - start) * 1000 / repetitions}


name = torch.cuda.get_device_name() if device == "cuda" else "CPU"
print(json.dumps({"ready": f"PyTorch {torch.__version__}, {name}"}), flush=True)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
