"""One training step of a small GPT-2 in PyTorch: the peer of TrainingStepBenchmark.

    python benchmarks/peers/training_step.py

Same model, batch shape, optimiser, schedule, clipping and number of threads (one); milliseconds a step, mean of runs of 20 steps,
on the clock and of processor time. Eager mode with fused attention and fused AdamW; no compiler. Needs torch only.
"""

import math
import platform
import time

import torch
import torch.nn.functional as F
from torch import nn

VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS = 102, 48, 48, 6, 4
BATCH, STEPS = 16, 20
WARM_UP_RUNS, ROUNDS, SECONDS = 10, 5, 4.0
RATE, FLOOR = 1e-3, 0.1


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1 = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.projection = nn.Linear(WIDTH, WIDTH)
        self.ln_2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.ln_1(x)).view(b, t, 3, HEADS, d // HEADS).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.projection(mixed.transpose(1, 2).reshape(b, t, d))
        return x + self.mlp(self.ln_2(x))


class Gpt2(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Parameter(torch.empty(CONTEXT, WIDTH))
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.ln_f = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        for name, p in self.named_parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(self.ln_f(x))


def train(model, batches):
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1, fused=True)
    losses = []
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * step / STEPS)))
        logits = model(batch[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, VOCABULARY), batch[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


def measure(name, mlps_only):
    torch.manual_seed(1)
    batches = [torch.randint(VOCABULARY, (BATCH, CONTEXT + 1)) for _ in range(STEPS)]
    model = Gpt2()
    for parameter_name, p in model.named_parameters():
        p.requires_grad_(not mlps_only or ".mlp." in parameter_name)
    first = train(model, batches)[0]
    for _ in range(WARM_UP_RUNS):
        train(model, batches)
    rounds, processor = [], []
    for _ in range(ROUNDS):
        runs, start, used = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - start < SECONDS:
            train(model, batches)
            runs += 1
        rounds.append(1000 * (time.perf_counter() - start) / (runs * STEPS))
        processor.append(1000 * (time.process_time() - used) / (runs * STEPS))
    clock = f"{sum(rounds) / ROUNDS:.3f} ms/step (min {min(rounds):.3f}, max {max(rounds):.3f})"
    print(f"{name:5s} {clock}, processor {sum(processor) / ROUNDS:.3f} ms/step, first loss {first:.4f}", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    parameters = sum(p.numel() for p in Gpt2().parameters())
    print(f"torch {torch.__version__}, Python {platform.python_version()}, {torch.get_num_threads()} thread, {parameters} parameters")
    measure("ALL", mlps_only=False)
    measure("MLPS", mlps_only=True)
