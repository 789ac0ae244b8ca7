"""Linear and TIES merges of safetensors files in PyTorch on the CPU: the peer of MergeFilesComparison.

    python benchmarks/peers/merge.py linear|ties FOLDER

FOLDER holds a.safetensors, b.safetensors and base.safetensors. Tensor by tensor, in the stored type, each kept until the file is
written, which is how the usual tools work; the formulas are written from their definitions. Prints `case,milliseconds,peak MB`: time
since the interpreter began to run this file.
"""

import time

START = time.perf_counter()

import os  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402

import torch  # noqa: E402
from safetensors import safe_open  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

WEIGHTS = (0.5, 0.5)
DENSITY = 0.3


def linear(models, base):
    total = sum(WEIGHTS)
    return sum(w * x for w, x in zip(WEIGHTS, models)) / total


def trimmed(delta):
    """The largest entries by magnitude; zeros elsewhere."""
    count = int(DENSITY * delta.numel())
    if count == 0:
        return torch.zeros_like(delta)
    kept = torch.zeros_like(delta).view(-1)
    places = torch.topk(delta.abs().view(-1), count, sorted=False).indices
    kept[places] = delta.view(-1)[places]
    return kept.view_as(delta)


def ties(models, base):
    deltas = torch.stack([w * trimmed(x - base) for w, x in zip(WEIGHTS, models)])
    majority = torch.where(deltas.sum(0) >= 0, 1, -1)
    agree = deltas.sign() == majority
    weights = torch.tensor(WEIGHTS, dtype=deltas.dtype).view(-1, *[1] * base.dim())
    divisor = (agree * weights).sum(0)
    divisor[divisor == 0] = 1
    return base + (deltas * agree).sum(0) / divisor


def main():
    method, folder = sys.argv[1:]
    files = [safe_open(os.path.join(folder, name + ".safetensors"), framework="pt") for name in ("a", "b", "base")]
    merged = {}
    for name in files[0].keys():
        a, b = (file.get_tensor(name) for file in files[:2])
        base = files[2].get_tensor(name) if method == "ties" else None
        merged[name] = {"linear": linear, "ties": ties}[method]((a, b), base)
    kind = {torch.float32: "F32", torch.bfloat16: "BF16"}[next(iter(merged.values())).dtype]
    output = os.path.join(folder, "merged-by-peer.safetensors")
    save_file(merged, output, metadata={"format": "pt"})
    with open(output, "rb") as file:
        os.fsync(file.fileno())  # as this library does
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print("case,milliseconds,peak MB")
    print(f"{method} {kind},{(time.perf_counter() - START) * 1e3:.0f},{peak}")


if __name__ == "__main__":
    main()
