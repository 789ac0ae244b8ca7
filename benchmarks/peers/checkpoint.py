"""Copying and loading a checkpoint with safetensors and PyTorch: the peer of CheckpointBenchmark.

    python benchmarks/peers/checkpoint.py

The tensors of GPT-2 small in BF16, 249 MB, in the system's cache. copy reads all and writes a new file, forced to the disk; load makes
each tensor an array of its own, as a model is loaded, and lets them go in the end. Prints CSV: case, milliseconds. Needs torch and
safetensors.
"""

import os
import tempfile

import torch
from measure import measure
from safetensors import safe_open
from safetensors.torch import load_file, save_file


def shapes():
    yield "wte.weight", (50257, 768)
    yield "wpe.weight", (1024, 768)
    for layer in range(12):
        for name, shape in (
            ("ln_1.weight", (768,)), ("ln_1.bias", (768,)), ("attn.c_attn.weight", (768, 2304)), ("attn.c_attn.bias", (2304,)),
            ("attn.c_proj.weight", (768, 768)), ("attn.c_proj.bias", (768,)), ("ln_2.weight", (768,)), ("ln_2.bias", (768,)),
            ("mlp.c_fc.weight", (768, 3072)), ("mlp.c_fc.bias", (3072,)), ("mlp.c_proj.weight", (3072, 768)), ("mlp.c_proj.bias", (768,)),
        ):  # fmt: skip
            yield f"h.{layer}.{name}", shape
    yield "ln_f.weight", (768,)
    yield "ln_f.bias", (768,)


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        model, copied = os.path.join(folder, "model.safetensors"), os.path.join(folder, "copy.safetensors")
        save_file({name: torch.rand(shape).to(torch.bfloat16) for name, shape in shapes()}, model, metadata={"format": "pt"})

        def copy():
            if os.path.exists(copied):
                os.remove(copied)  # as the benchmark does
            save_file(load_file(model), copied, metadata={"format": "pt"})
            with open(copied, "rb") as file:
                os.fsync(file.fileno())

        def load():
            with safe_open(model, framework="pt") as file:
                # without the copy nothing but the address is read
                return [file.get_tensor(name).clone() for name in file.keys()]

        measure("copy how=CHECKPOINT", copy)
        measure("load how=CHECKPOINT", load)


if __name__ == "__main__":
    main()
