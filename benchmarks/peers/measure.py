"""How the peers measure: as benchmarks/run does with JMH, one line of CSV an iteration.

A repetition is the mean time of as many calls as fill a second, at least one; BENCHMARK_QUICK=1 halves that and takes fewer.
"""

import os
import time

QUICK = os.environ.get("BENCHMARK_QUICK") == "1"
WARM_UP, REPETITIONS, SECONDS = (1, 2, 0.5) if QUICK else (2, 3, 1.0)
header_printed = False


def measure(case, work, operations=1, warm_up=WARM_UP):
    """Prints milliseconds of one operation; a call of work does several."""
    global header_printed
    if not header_printed:
        print("case,milliseconds")
        header_printed = True
    for repetition in range(warm_up + REPETITIONS):
        calls, start = 0, time.perf_counter()
        while calls == 0 or time.perf_counter() - start < SECONDS:
            work()
            calls += 1
        if repetition >= warm_up:
            print(f"{case},{1e3 * (time.perf_counter() - start) / calls / operations:.4f}", flush=True)
