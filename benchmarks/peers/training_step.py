"""One training step of a small GPT-2 in PyTorch: the peer of TrainingStepBenchmark.

    python benchmarks/peers/training_step.py

Same model, batch shape, optimiser, clipping and number of threads (one). Eager mode with fused attention and fused AdamW; no compiler.
Prints CSV: case, milliseconds of one step. Needs torch only.
"""

import torch
import torch.nn.functional as F
from measure import measure
from torch import nn

VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS = 102, 48, 48, 6, 4
BATCH, STEPS = 16, 20


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


def training(mlps_only):
    """Returns a function that takes STEPS steps."""
    torch.manual_seed(1)
    batches = [torch.randint(VOCABULARY, (BATCH, CONTEXT + 1)) for _ in range(STEPS)]
    model = Gpt2()
    for name, p in model.named_parameters():
        p.requires_grad_(not mlps_only or ".mlp." in name)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.1, fused=True)

    def run():
        for batch in batches:
            logits = model(batch[:, :-1])
            loss = F.cross_entropy(logits.reshape(-1, VOCABULARY), batch[:, 1:].reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            loss.item()

    return run


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    measure("step trained=ALL", training(mlps_only=False), STEPS)
    measure("step trained=MLPS", training(mlps_only=True), STEPS)
