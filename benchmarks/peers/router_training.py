"""One step of router training in PyTorch: the peer of RouterTrainingBenchmark.

    python benchmarks/peers/router_training.py

Same models (exact GELU), window, batch shape, optimiser, clipping and number of threads (one); everything but the routers is frozen.
With all four experts kept a mixture of all, with two a loop over experts that each read the tokens that chose them. Eager mode. Prints
CSV: case, milliseconds of one step. Needs torch only.
"""

import torch
import torch.nn.functional as F
from measure import measure
from torch import nn

VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS = 102, 48, 128, 6, 4
BATCH, STEPS = 16, 10


def mlps():
    return nn.ModuleList(
        nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)) for _ in range(LAYERS)
    )


class Routed(nn.Module):
    def __init__(self, kept):
        super().__init__()
        self.kept = kept
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Parameter(0.02 * torch.randn(CONTEXT, WIDTH))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2 * LAYERS + 1))
        self.qkv = nn.ModuleList(nn.Linear(WIDTH, 3 * WIDTH) for _ in range(LAYERS))
        self.projection = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(LAYERS))
        self.models = nn.ModuleList([mlps(), mlps()])
        self.routers = nn.ParameterList(nn.init.kaiming_uniform_(torch.empty(4, WIDTH)) for _ in range(LAYERS))
        self.requires_grad_(False)
        self.routers.requires_grad_(True)

    def mixture(self, layer, u):
        window = [layer, layer + 1 if layer + 1 < LAYERS else layer - 1]
        experts = [self.models[m][at] for at in window for m in range(2)]
        probabilities = F.softmax(u @ self.routers[layer].T, dim=-1)
        if self.kept == len(experts):
            return sum(probabilities[:, e, None] * expert(u) for e, expert in enumerate(experts))
        weights, chosen = torch.topk(probabilities, self.kept, dim=-1)
        output = torch.zeros_like(u)
        for e, expert in enumerate(experts):
            tokens, turns = torch.where(chosen == e)
            output = output.index_add(0, tokens, expert(u[tokens]) * weights[tokens, turns, None])
        return output

    def forward(self, ids):
        b, t = ids.shape
        x = self.tokens(ids) + self.positions[:t]
        for layer in range(LAYERS):
            q, k, v = self.qkv[layer](self.norms[2 * layer](x)).view(b, t, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.projection[layer](mixed.transpose(1, 2).reshape(b, t, WIDTH))
            x = x + self.mixture(layer, self.norms[2 * layer + 1](x).reshape(b * t, WIDTH)).view(b, t, WIDTH)
        return self.norms[-1](x) @ self.tokens.weight.T


def training(kept):
    """Returns a function that takes STEPS steps."""
    torch.manual_seed(1)
    batches = [torch.randint(VOCABULARY, (BATCH, CONTEXT + 1)) for _ in range(STEPS)]
    model = Routed(kept)
    trained = list(model.routers)
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
    for kept in (4, 2):
        measure(f"step topK={kept}", training(kept), STEPS)
