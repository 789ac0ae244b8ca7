"""The default run of `examples/run paper` in PyTorch: the peer that its time is held against.

    python benchmarks/peers/paper_prototype.py [THREADS]

Same model (6 blocks, width 48, 4 heads, 102 tokens, context 48), same trainings (400, twice 320, 100 directly, 4 x 100 of routers; 16
windows a step) and same measurements (eight snapshots of both specialists: 11 alphas of activations and of weights, TIES, ensemble, own
domains, pretraining text, CKA on both texts; six layer maps; routers measured) on as many windows. Four Markov chains stand in for the
generated languages: what is computed does not depend on the text, so the losses are not the experiment's. Prints the seconds of each
part. One process, THREADS threads (1). Needs torch.
"""

import copy
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS = 102, 48, 48, 6, 4
BATCH, EVALUATION, SAMPLES = 16, 144, 128
PRETRAINING, FINE_TUNING, ROUTING = (400, 3e-3), (320, 5e-3), (100, 1e-2)
KEPT = [0, 5, 10, 20, 40, 80, 160, 320]
ALPHAS = [i / 10 for i in range(11)]


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.projection = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def attention(self, x):
        batch, length, _ = x.shape
        q, k, v = (y.view(batch, length, HEADS, -1).transpose(1, 2) for y in self.qkv(self.norm1(x)).chunk(3, -1))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.projection(mixed.transpose(1, 2).reshape(x.shape))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCABULARY, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, 0, 0.02)

    def forward(self, ids, mlp=None, means=None):
        """Logits; mlp(layer, input) replaces the MLPs, means collects the token means of every block."""
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        for layer, block in enumerate(self.blocks):
            x = x + block.attention(x)
            u = block.norm2(x)
            x = x + (block.mlp(u) if mlp is None else mlp(layer, u))
            if means is not None:
                means.append(x.mean(1))
        return self.head(self.norm(x))


def chain(seed, length=60_000):
    generator = torch.Generator().manual_seed(seed)
    table = torch.randint(1, VOCABULARY, (VOCABULARY, 6), generator=generator).tolist()
    choices = torch.randint(0, 6, (length,), generator=generator).tolist()
    ids = [1]
    for choice in choices:
        ids.append(table[ids[-1]][choice])
    return torch.tensor(ids)


def windows(text, count, generator):
    starts = torch.randint(0, len(text) - CONTEXT - 1, (count, 1), generator=generator)
    rows = text[starts + torch.arange(CONTEXT + 1)]
    return rows[:, :-1], rows[:, 1:]


def cross_entropy(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


@torch.no_grad()
def loss(forward, text):
    generator = torch.Generator().manual_seed(1)
    batches = [windows(text, 48, generator) for _ in range(EVALUATION // 48)]
    return sum(cross_entropy(forward(x), y).item() for x, y in batches) / len(batches)


def train(forward, parameters, text, schedule, seed, snapshot=None):
    steps, rate = schedule
    optimizer = torch.optim.AdamW(parameters, lr=rate, betas=(0.9, 0.99), weight_decay=0.1, fused=True)
    generator = torch.Generator().manual_seed(seed)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * (0.1 + 0.9 * (1 + math.cos(math.pi * step / steps)) / 2)
        x, y = windows(text, BATCH, generator)
        optimizer.zero_grad()
        cross_entropy(forward(x), y).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if snapshot:
            snapshot(step + 1)


def fine_tune(base, text, schedule, seed, kept=()):
    model = copy.deepcopy(base)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_("mlp" in name)
    snapshots = {0: base}

    def keep(step):
        if step in kept:
            snapshots[step] = copy.deepcopy(model).requires_grad_(False)

    train(model, [p for p in model.parameters() if p.requires_grad], text, schedule, seed, keep)
    return model.requires_grad_(False), snapshots


def mixed(a, b, alpha):
    return lambda x: a(x, mlp=lambda layer, u: (1 - alpha) * a.blocks[layer].mlp(u) + alpha * b.blocks[layer].mlp(u))


def with_weights(model, weights):
    merged = copy.deepcopy(model)
    merged.load_state_dict(weights)
    return merged


def averaged(a, b, alpha):
    theirs = b.state_dict()
    return with_weights(a, {name: (1 - alpha) * value + alpha * theirs[name] for name, value in a.state_dict().items()})


def ties(base, a, b, density=0.2):
    weights = {}
    others = [a.state_dict(), b.state_dict()]
    for name, value in base.state_dict().items():
        deltas = []
        for other in others:
            delta = other[name] - value
            kept = max(1, int(density * delta.numel()))
            threshold = delta.abs().flatten().kthvalue(delta.numel() - kept + 1).values
            deltas.append(delta * (delta.abs() >= threshold))
        stacked = torch.stack(deltas)
        agree = (stacked.sign() == stacked.sum(0).sign()) & (stacked != 0)
        weights[name] = value + (stacked * agree).sum(0) / agree.sum(0).clamp(min=1)
    return with_weights(base, weights)


@torch.no_grad()
def ensemble(a, b, text):
    def forward(x):
        return torch.logaddexp(a(x).log_softmax(-1), b(x).log_softmax(-1)) - math.log(2)

    return loss(forward, text)


@torch.no_grad()
def means(model, text, forward=None):
    collected = []
    x, _ = windows(text, SAMPLES, torch.Generator().manual_seed(5))
    model(x, mlp=forward, means=collected)
    return collected


def cka(x, y):
    """Biased and debiased linear CKA."""
    n = len(x)

    def biased(k, l):
        return (k * l).sum()

    def debiased(k, l):
        product = (k * l).sum() + k.sum() * l.sum() / (n - 1) / (n - 2)
        return product - 2 * (k.sum(0) * l.sum(0)).sum() / (n - 2)

    x, y = (z.double() - z.double().mean(0) for z in (x, y))
    k, l = x @ x.T, y @ y.T
    first = biased(k, l) / (biased(k, k) * biased(l, l)).sqrt()
    k, l = (z - z.diag().diag() for z in (k, l))
    return first.item(), (debiased(k, l) / (debiased(k, k) * debiased(l, l)).sqrt()).item()


def measure(base, a, b, texts):
    target, web = texts["target"], texts["web"]
    for alpha in ALPHAS:
        loss(mixed(a, b, alpha), target)
        loss(averaged(a, b, alpha), target)
    loss(ties(base, a, b), target)
    ensemble(a, b, target)
    loss(a, texts["maths"]), loss(b, texts["code"])
    loss(a, web), loss(b, web), loss(mixed(a, b, 0.5), web)
    for text in (target, web):
        cka(means(a, text)[LAYERS // 2], means(b, text)[LAYERS // 2])
    return loss(mixed(a, b, 0.5), target)


def layer_maps(a, b, text):
    def half(layer, u):
        return 0.5 * a.blocks[layer].mlp(u) + 0.5 * b.blocks[layer].mlp(u)

    maths, code, merge = means(a, text), means(b, text), means(a, text, half)
    for rows, columns in ((maths, maths), (code, code), (maths, code), (merge, merge), (maths, merge), (code, merge)):
        for x in rows:
            for y in columns:
                cka(x, y)


def route(a, b, window, text, seed):
    layers = []
    for layer in range(LAYERS):
        up = list(range(layer, min(layer + window, LAYERS)))
        layers.append(up + [layer - i for i in range(1, window - len(up) + 1)])
    routers = [nn.Parameter(torch.zeros(2 * window, WIDTH)) for _ in range(LAYERS)]

    def mlp(layer, u):
        gates = (u @ routers[layer].T).softmax(-1)
        outputs = [model.blocks[other].mlp(u) for other in layers[layer] for model in (a, b)]
        return sum(gates[..., e : e + 1] * output for e, output in enumerate(outputs))

    train(lambda x: a(x, mlp=mlp), routers, text, ROUTING, seed)
    return loss(lambda x: a(x, mlp=mlp), text)


def main():
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    torch.manual_seed(1)
    start = last = time.perf_counter()

    def part(name):
        nonlocal last
        print(f"{name},{time.perf_counter() - last:.1f}", flush=True)
        last = time.perf_counter()

    texts = {name: chain(seed) for seed, name in enumerate(("web", "maths", "code", "target"))}
    base = Model()
    train(base, list(base.parameters()), texts["web"], PRETRAINING, 1)
    base.requires_grad_(False)
    part("pretraining")
    maths, of_maths = fine_tune(base, texts["maths"], FINE_TUNING, 11, KEPT)
    code, of_code = fine_tune(base, texts["code"], FINE_TUNING, 12, KEPT)
    part("fine-tuning")
    for step in KEPT:
        measure(base, of_maths[step], of_code[step], texts)
    layer_maps(maths, code, texts["target"])
    part("merging and CKA")
    direct, _ = fine_tune(base, texts["target"], (ROUTING[0], FINE_TUNING[1]), 31)
    loss(direct, texts["target"]), loss(direct, texts["web"])
    part("direct fine-tuning")
    for window in range(1, 5):
        route(maths, code, window, texts["target"], 21)
    part("routing")
    print(f"total,{time.perf_counter() - start:.1f}")


if __name__ == "__main__":
    main()
