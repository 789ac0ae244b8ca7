"""Linear and TIES merges of model directories by mergekit: a peer of MergeFiles where mergekit is installed.

    python benchmarks/peers/mergekit_files.py linear|ties FOLDER

FOLDER holds the models a, b and base: GPT-2 small with a config.json. Prints CSV: case, milliseconds since this file began to run, peak MB;
benchmarks/run takes the time of the whole process. Needs mergekit.
"""

import time

START = time.perf_counter()

import os  # noqa: E402
import resource  # noqa: E402
import shutil  # noqa: E402
import sys  # noqa: E402

from mergekit.config import MergeConfiguration  # noqa: E402
from mergekit.merge import MergeOptions, run_merge  # noqa: E402
from safetensors import safe_open  # noqa: E402


def main():
    method, folder = sys.argv[1:]
    models = [{"model": os.path.join(folder, name), "parameters": {"weight": 0.5}} for name in ("a", "b")]
    configuration = {"merge_method": method, "models": models}
    if method == "ties":
        configuration["base_model"] = os.path.join(folder, "base")
        configuration["parameters"] = {"density": 0.3}
    with safe_open(os.path.join(folder, "a", "model.safetensors"), framework="pt") as file:
        kind = file.get_slice("wte.weight").get_dtype()
    configuration["dtype"] = {"F32": "float32", "BF16": "bfloat16"}[kind]
    output = os.path.join(folder, "merged-by-mergekit")
    run_merge(MergeConfiguration.model_validate(configuration), output, MergeOptions(copy_tokenizer=False, write_model_card=False, quiet=True))
    for name in os.listdir(output):
        with open(os.path.join(output, name), "rb") as file:
            os.fsync(file.fileno())  # as this library does
    milliseconds = (time.perf_counter() - START) * 1e3
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print("case,milliseconds,peak MB")
    print(f"merge method={method} type={kind},{milliseconds:.0f},{peak}")
    shutil.rmtree(output)


if __name__ == "__main__":
    main()
