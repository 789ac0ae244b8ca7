"""Linear and TIES merges of safetensors files in PyTorch on the CPU: the peer of MergeFiles.

    python benchmarks/peers/merge_files.py linear|ties|ties-by-sorting FOLDER

FOLDER holds a/model.safetensors, b/model.safetensors and base/model.safetensors. TIES by sorting finds the largest entries as mergekit
does, which is slower. Tensor by tensor, in the stored type, each kept until the file is written, which is how the usual tools work. Prints
CSV: case, milliseconds since this file began to run, peak MB; benchmarks/run takes the time of the whole process. Needs torch and
safetensors.
"""

import time

START = time.perf_counter()

import os  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
from functools import partial  # noqa: E402

import torch  # noqa: E402
from merge import largest_by_sorting, linear, ties  # noqa: E402
from safetensors import safe_open  # noqa: E402
from safetensors.torch import save_file  # noqa: E402


def main():
    method, folder = sys.argv[1:]
    torch.set_num_threads(os.cpu_count())  # as this library does
    merge = {"linear": linear, "ties": ties, "ties-by-sorting": partial(ties, largest=largest_by_sorting)}[method]
    files = [safe_open(os.path.join(folder, name, "model.safetensors"), framework="pt") for name in ("a", "b", "base")]
    merged = {}
    for name in files[0].keys():
        a, b = (file.get_tensor(name) for file in files[:2])
        merged[name] = merge(a, b, None if method == "linear" else files[2].get_tensor(name))
    kind = {torch.float32: "F32", torch.bfloat16: "BF16"}[next(iter(merged.values())).dtype]
    output = os.path.join(folder, "merged.safetensors")
    save_file(merged, output, metadata={"format": "pt"})
    with open(output, "rb") as file:
        os.fsync(file.fileno())  # as this library does
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print("case,milliseconds,peak MB")
    print(f"merge method={method.split('-')[0]} type={kind},{(time.perf_counter() - START) * 1e3:.0f},{peak}")


if __name__ == "__main__":
    main()
