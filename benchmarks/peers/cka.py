"""CKA in PyTorch on the CPU: the peers of CkaBenchmark.

    OMP_NUM_THREADS=1 python benchmarks/peers/cka.py

Formulas are written from their definitions: the shortest correct code for a pair, the products of [n, n] matrices that some tools take
for a pair, and two ways to a map of 13 x 13 layers: all Gram matrices once, and anew for each pair. Milliseconds of processor time and on
the clock, the least of several runs. FLOAT, standard normal features, width 768. Needs torch only.
"""

import os
import platform
import time

import torch

WIDTH, LAYERS = 768, 13


def pair_of_features(x, y):
    """Biased linear CKA, X'Y."""
    x, y = x - x.mean(0), y - y.mean(0)
    return (x.T @ y).norm() ** 2 / ((x.T @ x).norm() * (y.T @ y).norm())


def pair_of_grams(x, y):
    """Biased linear CKA, tr(K H L H) with H as a matrix."""
    n = len(x)
    h = torch.eye(n) - 1 / n
    k, l = x @ x.T, y @ y.T

    def hsic(a, b):
        return torch.trace(a @ h @ b @ h)

    return hsic(k, l) / torch.sqrt(hsic(k, k) * hsic(l, l))


def hollow_grams(layers):
    """Hollow Gram matrices [L, n, n] of layers [L, n, d]."""
    k = layers @ layers.transpose(1, 2)
    k.diagonal(dim1=1, dim2=2).zero_()
    return k


def unbiased(k, l):
    """Song's sums of all pairs of stacks [L, n, n]."""
    n = k.shape[1]
    kr, lr = k.sum(2), l.sum(2)
    products = k.flatten(1) @ l.flatten(1).T
    return products + torch.outer(kr.sum(1), lr.sum(1)) / ((n - 1) * (n - 2)) - 2 * kr @ lr.T / (n - 2)


def map_of_stacks(a, b):
    """Debiased linear CKA of all pairs, each Gram matrix once."""
    a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
    k, l = hollow_grams(a), hollow_grams(b)
    n = k.shape[1]

    def self_terms(k):
        r = k.sum(2)
        return (k * k).sum((1, 2)) + r.sum(1) ** 2 / ((n - 1) * (n - 2)) - 2 * (r * r).sum(1) / (n - 2)

    return unbiased(k, l) / torch.sqrt(torch.outer(self_terms(k), self_terms(l)))


def map_of_pairs(a, b):
    """Debiased linear CKA of all pairs, each from its features, with the products K L of matrices in place of sums."""
    n = a.shape[1]
    one = torch.ones(n, 1)

    def hsic(k, l):
        kl = k @ l
        return (torch.trace(kl) + (one.T @ k @ one * (one.T @ l @ one)) / ((n - 1) * (n - 2)) - 2 * (one.T @ kl @ one) / (n - 2)).item()

    result = torch.zeros(len(a), len(b))
    for i, x in enumerate(a):
        x = x - x.mean(0)
        k = x @ x.T
        k.fill_diagonal_(0)
        kk = hsic(k, k)
        for j, y in enumerate(b):
            y = y - y.mean(0)
            l = y @ y.T
            l.fill_diagonal_(0)
            result[i, j] = hsic(k, l) / (kk * hsic(l, l)) ** 0.5
    return result


def measure(name, function, *arguments, runs):
    function(*arguments)
    clock, processor = [], []
    for _ in range(runs):
        start, used = time.perf_counter(), time.process_time()
        function(*arguments)
        clock.append(1000 * (time.perf_counter() - start))
        processor.append(1000 * (time.process_time() - used))
    print(f"{name:42s} processor {min(processor):9.1f} ms, clock {min(clock):9.1f} ms", flush=True)


if __name__ == "__main__":
    threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    print(f"torch {torch.__version__}, Python {platform.python_version()}, {threads} thread(s)")
    with torch.inference_mode():
        x, y = torch.randn(4096, WIDTH), torch.randn(4096, WIDTH)
        measure("pair, n = 4096, one product X'Y", lambda: x.T @ y, runs=10)
        measure("pair, n = 4096, of features", pair_of_features, x, y, runs=10)
        measure("pair, n = 4096, of Gram matrices", pair_of_grams, x, y, runs=1)
        for n in (256, 1024):
            a, b = torch.randn(LAYERS, n, WIDTH), torch.randn(LAYERS, n, WIDTH)
            measure(f"map 13 x 13, n = {n}, each Gram once", map_of_stacks, a, b, runs=10 if n == 256 else 5)
            measure(f"map 13 x 13, n = {n}, pair by pair", map_of_pairs, a, b, runs=2 if n == 256 else 1)
