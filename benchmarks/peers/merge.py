"""Merge methods in PyTorch on the CPU, tensor to tensor: the peer of MergeBenchmark.

    python benchmarks/peers/merge.py

Formulas are written from their definitions as mergekit computes them, in the stored type (SLERP in FLOAT), one thread, tensors of 4 Mi
elements; no report. Prints CSV: case, milliseconds. Needs torch.
"""

import math

import torch
from measure import QUICK, measure

ROWS, COLUMNS = 4096, 1024
WEIGHTS = (0.5, 0.5)
DENSITY, EPSILON, GAMMA = 0.3, 0.15, 0.01


def linear(a, b, base):
    total = sum(WEIGHTS)
    return sum(w * x for w, x in zip(WEIGHTS, (a, b))) / total


def slerp(a, b, base, t=0.5):
    x, y = a.float().flatten(), b.float().flatten()
    cosine = torch.dot(x / x.norm(), y / y.norm()).item()
    if abs(cosine) > 0.9995:
        return ((1 - t) * x + t * y).view_as(a).to(a.dtype)
    angle = math.acos(cosine)
    result = (math.sin((1 - t) * angle) * x + math.sin(t * angle) * y) / math.sin(angle)
    return result.view_as(a).to(a.dtype)


def karcher(a, b, base, rounds=10, tolerance=1e-5):
    norms = [x.float().norm().item() for x in (a, b)]
    directions = [x.flatten() / norm for x, norm in zip((a, b), norms)]
    mean = sum(directions) / 2
    mean = mean / mean.norm()
    for _ in range(rounds):
        tangent = torch.zeros_like(mean)
        for direction in directions:
            cosine = max(-1.0, min(1.0, torch.dot(mean, direction).item()))
            angle = math.acos(cosine)
            if angle > tolerance:
                tangent += 0.5 * angle / math.sin(angle) * (direction - cosine * mean)
        length = tangent.float().norm().item()
        if length < tolerance:
            break
        mean = math.cos(length) * mean + math.sin(length) / length * tangent
    return (sum(norms) / 2 * mean).view_as(a)


def task_arithmetic(a, b, base):
    return base + sum(w * (x - base) for w, x in zip(WEIGHTS, (a, b)))


def largest(magnitudes, count):
    return torch.topk(magnitudes, count, sorted=False).indices


def largest_by_sorting(magnitudes, count):
    """As mergekit finds them."""
    return torch.argsort(magnitudes.float(), descending=True)[:count]


def trimmed(delta, largest=largest):
    """The largest entries by magnitude; zeros elsewhere."""
    count = int(DENSITY * delta.numel())
    if count == 0:
        return torch.zeros_like(delta)
    kept = torch.zeros_like(delta).view(-1)
    places = largest(delta.abs().view(-1), count)
    kept[places] = delta.view(-1)[places]
    return kept.view_as(delta)


def rescaled(delta, kept):
    """To the sum of magnitudes that was before."""
    return kept * (delta.abs().sum() / kept.abs().sum())


def dropped(delta):
    return rescaled(delta, delta * torch.bernoulli(torch.full_like(delta, DENSITY)))


def pruned_by_magnitude(delta):
    ranks = delta.abs().argsort(1).argsort(1).to(delta.dtype) / (delta.shape[1] - 1)
    return rescaled(delta, delta * torch.bernoulli(DENSITY - EPSILON + 2 * EPSILON * ranks))


def without_outliers(delta):
    count, top = delta.numel(), int(GAMMA * delta.numel())
    kept = int(DENSITY * count)
    mask = torch.zeros(count, dtype=delta.dtype)
    mask[delta.abs().view(-1).argsort()[count - kept - top : count - top]] = 1
    return delta * mask.view_as(delta)


def elected(deltas, normalize):
    """Sum of the entries that have the sign of the sum of all."""
    stacked = torch.stack(deltas)
    agree = stacked.sign() == torch.where(stacked.sum(0) >= 0, 1, -1)
    total = (stacked * agree).sum(0)
    if not normalize:
        return total
    weights = torch.tensor(WEIGHTS, dtype=total.dtype).view(-1, *[1] * total.dim())
    divisor = (agree * weights).sum(0)
    divisor[divisor == 0] = 1
    return total / divisor


def ties(a, b, base, largest=largest):
    return base + elected([w * trimmed(x - base, largest) for w, x in zip(WEIGHTS, (a, b))], normalize=True)


def dare_ties(a, b, base):
    return base + elected([w * dropped(x - base) for w, x in zip(WEIGHTS, (a, b))], normalize=False)


def della(a, b, base):
    return base + elected([w * pruned_by_magnitude(x - base) for w, x in zip(WEIGHTS, (a, b))], normalize=True)


def breadcrumbs(a, b, base):
    return base + sum(w * without_outliers(x - base) for w, x in zip(WEIGHTS, (a, b)))


def model_stock(a, b, base):
    x, y = (a - base).flatten(), (b - base).flatten()
    cosine = (torch.dot(x, y) / (x.norm() * y.norm()).clamp(min=1e-6)).clamp(-1, 1)
    t = 2 * cosine / (1 + cosine)
    return t * (a + b) / 2 + (1 - t) * base


def sce(a, b, base):
    deltas = torch.stack([a - base, b - base])
    agree = deltas.sign() == torch.where(deltas.sum(0) >= 0, 1, -1)
    squares = (deltas * deltas).mean((1, 2))
    weights = (squares / squares.sum()).view(2, 1, 1)
    return base + (deltas * weights * agree).sum(0) / (weights * agree).sum(0).clamp(min=1e-6)


def arcee_fusion(a, b, base):
    p, q = torch.softmax(a, -1) + 1e-8, torch.softmax(base, -1) + 1e-8
    importance = (a - base).abs() * (p * (p / q).log()).sum(-1, keepdim=True)
    values = importance.flatten()
    values = values[torch.randperm(values.numel())[:1_000_000]].sort().values
    quartiles = [values[int(part * (len(values) - 1))] for part in (0.25, 0.5, 0.75)]
    return base + (a - base) * (importance >= quartiles[1] + 1.5 * (quartiles[2] - quartiles[0]))


METHODS = (linear, slerp, karcher, task_arithmetic, ties, dare_ties, della, breadcrumbs, model_stock, sce, arcee_fusion)


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    base = torch.randn(ROWS, COLUMNS)
    models = [base + 0.1 * torch.randn(ROWS, COLUMNS) for _ in range(2)]
    for name, kind in (("FLOAT", torch.float32), ("BFLOAT16", torch.bfloat16)):
        a, b, c = (x.to(kind) for x in (*models, base))
        for method in (linear, slerp, ties) if QUICK else METHODS:
            with torch.no_grad():
                measure(f"merge method={method.__name__} type={name}", lambda: method(a, b, c))


if __name__ == "__main__":
    main()
