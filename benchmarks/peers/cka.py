"""CKA in PyTorch on the CPU: the peers of CkaBenchmark and CkaMapBenchmark.

    python benchmarks/peers/cka.py [WORD ...]

Prints CSV, `case,milliseconds`, one line a repetition, on the clock and after a warm-up, but of what takes ten seconds; only the cases
that contain one of the words, if there are any. A case is a benchmark with its parameters and, where there are several, what it is done
as. FLOAT, standard normal features, width 768. Formulas are written from their definitions; no tool is imported. Needs torch only.

    cheapest                the shortest correct code for a pair: biased linear CKA by X'Y
    cheapest, platonic      tr(K H L H) with H as a matrix, three times, as the code of the Platonic representation hypothesis takes a pair
    linear, pytorch-cka     the tensor part of pytorch-cka: one product a layer, stacked; sums over hollow matrices by subtracting diagonals
    linear, torch_cka       the inner loop of torch_cka: for each pair the second Gram matrix and two products K L of matrices
    linear, best            what we would write: centred, half of each Gram matrix by blocks, one product for the sums of all pairs
    rbf                     the same with an RBF kernel
"""

import sys
import time

import torch

WIDTH, LAYERS = 768, 13


def pair_of_features(x, y):
    x, y = x - x.mean(0), y - y.mean(0)
    return (x.T @ y).norm() ** 2 / ((x.T @ x).norm() * (y.T @ y).norm())


def pair_platonic(x, y):
    n = len(x)
    h = torch.eye(n) - torch.ones(n, n) / n
    k, l = x @ x.T, y @ y.T

    def hsic(a, b):
        return torch.trace(a @ h @ b @ h)

    return hsic(k, l) / (torch.sqrt(hsic(k, k) * hsic(l, l)) + 1e-6)


def map_pytorch_cka(a, b):
    """Not centred: it fails in FLOAT where features have an offset, which these have not."""
    k, l = (torch.stack([x @ x.T for x in side]) for side in (a, b))
    n = k.shape[1]

    def margins(g):
        diagonal = g.diagonal(dim1=1, dim2=2)
        return diagonal, g.sum(dim=1) - diagonal, g.sum(dim=(1, 2)) - diagonal.sum(1)

    (dk, ck, tk), (dl, cl, tl) = margins(k), margins(l)

    def own(g, d, c, t):
        return (g * g).sum(dim=(1, 2)) - (d * d).sum(1) + t * t / ((n - 1) * (n - 2)) - 2 * (c * c).sum(1) / (n - 2)

    cross = torch.einsum("aij,bij->ab", k, l) - dk @ dl.T + torch.outer(tk, tl) / ((n - 1) * (n - 2)) - 2 * ck @ cl.T / (n - 2)
    return cross / torch.sqrt(torch.outer(own(k, dk, ck, tk), own(l, dl, cl, tl)).clamp(min=0))


def map_torch_cka(a, b):
    """Not centred either."""
    n = len(a[0])
    ones = torch.ones(n, 1)

    def hollow(x):
        return (x @ x.T).fill_diagonal_(0)

    def hsic(k, l):
        total = (ones.T @ k @ ones @ ones.T @ l @ ones).item() / ((n - 1) * (n - 2))
        return (torch.trace(k @ l).item() + total - 2 * (ones.T @ k @ l @ ones).item() / (n - 2)) / (n * (n - 3))

    result = torch.zeros(len(a), len(b))
    for i, x in enumerate(a):
        k = hollow(x)
        kk = hsic(k, k)
        for j, y in enumerate(b):
            l = hollow(y)
            result[i, j] = hsic(k, l) / (kk * hsic(l, l)) ** 0.5
    return result


def lower_half(x, g, kernel=None):
    """Writes the blocks of X X' on and below the diagonal, the others 0, so that twice a sum over it is one over all but the diagonal."""
    n = len(x)
    block = max(64, n // 8)
    for i in range(0, n, block):
        rows = g[i : i + block, : i + block]
        torch.mm(x[i : i + block], x[: i + block].T, out=rows)
        if kernel:
            kernel(rows, i)
        rows[:, i:].tril_(-1)


def map_best(a, b, kernel=None):
    """Debiased CKA with Song's sums, of half matrices."""
    n = len(a[0])
    g = torch.zeros(len(a) + len(b), n, n)
    for x, half in zip(a + b, g):
        x = x - x.mean(0)
        lower_half(x, half, kernel and kernel(x))
    rows = g.sum(2) + g.sum(1)
    flat = g.flatten(1)
    products = 2 * flat @ flat.T
    totals = rows.sum(1)
    hsic = products + torch.outer(totals, totals) / ((n - 1) * (n - 2)) - 2 * rows @ rows.T / (n - 2)
    own = hsic.diagonal().sqrt()
    return hsic[: len(a), len(a) :] / torch.outer(own[: len(a)], own[len(a) :])


def rbf(x, sigma=40.0):
    norms = (x * x).sum(1)

    def tile(products, first):
        rows, columns = products.shape
        products.mul_(-2).add_(norms[first : first + rows, None]).add_(norms[:columns]).mul_(-0.5 / sigma**2).exp_()

    return tile


def measure(case, function, *arguments, runs):
    if sys.argv[1:] and not any(word in case for word in sys.argv[1:]):
        return
    if runs > 1:  # what takes ten seconds needs no warm-up
        function(*arguments)
    for _ in range(runs):
        start = time.perf_counter()
        function(*arguments)
        print(f"{case},{1000 * (time.perf_counter() - start):.3f}", flush=True)


def main():
    torch.manual_seed(1)
    print("case,milliseconds")
    x, y = torch.randn(4096, WIDTH), torch.randn(4096, WIDTH)
    for threads in (1, 2):
        torch.set_num_threads(threads)
        pair = f"cheapest samples=4096 threads={threads} type=FLOAT width={WIDTH}"
        measure(pair, pair_of_features, x, y, runs=9)
        measure(f"{pair}; platonic", pair_platonic, x, y, runs=1)
        for n in (256, 1024):
            a, b = ([torch.randn(n, WIDTH) for _ in range(LAYERS)] for _ in range(2))
            runs = 21 if n == 256 else 7
            parameters = f"samples={n} threads={threads} type=FLOAT"
            measure(f"linear {parameters}; pytorch-cka", map_pytorch_cka, a, b, runs=runs)
            measure(f"linear {parameters}; torch_cka", map_torch_cka, a, b, runs=3 if n == 256 else 1)
            measure(f"linear {parameters}; best", map_best, a, b, runs=runs)
            measure(f"rbf {parameters}", map_best, a, b, rbf, runs=runs)


if __name__ == "__main__":
    with torch.inference_mode():
        main()
