"""torch.lerp of two arrays: the peer of InterpolationBenchmark.

    python benchmarks/peers/interpolation.py

16 Mi standard normal values, FLOAT and BF16, alpha 0.3, a new result each time, one thread. Prints CSV: case, milliseconds. Needs torch.
"""

import torch
from measure import measure

SIDE, ALPHA = 4096, 0.3

if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(1)
    for name, kind in (("FLOAT", torch.float32), ("BFLOAT16", torch.bfloat16)):
        a, b = (torch.randn(SIDE, SIDE).to(kind) for _ in range(2))
        measure(f"interpolate how=MERGER type={name}", lambda: torch.lerp(a, b, ALPHA))
