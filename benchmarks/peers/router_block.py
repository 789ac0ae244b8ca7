"""A router block in PyTorch: the peer of RouterBlockBenchmark.

    python benchmarks/peers/router_block.py

1024 tokens of width 768, eight GPT-2 MLPs, the two most probable for each token, weighed by the softmax without renormalisation.
As in the common eager implementation: a loop over the experts, each reading the tokens that chose it; and beside it two MLPs for
every token. One thread. Prints CSV: case, milliseconds. Needs torch only.
"""

import torch
import torch.nn.functional as F
from measure import measure
from torch import nn

TOKENS, WIDTH, EXPERTS, KEPT = 1024, 768, 8, 2


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(WIDTH, 4 * WIDTH)
        self.outer = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        return self.outer(F.gelu(self.inner(x)))


def routed(x, router, experts):
    probabilities = F.softmax(x @ router, dim=-1)
    weights, chosen = torch.topk(probabilities, KEPT, dim=-1)
    output = torch.zeros_like(x)
    for index, expert in enumerate(experts):
        tokens, turns = torch.where(chosen == index)
        output.index_add_(0, tokens, expert(x[tokens]) * weights[tokens, turns, None])
    return output


def dense(x, experts):
    return 0.5 * experts[0](x) + 0.5 * experts[1](x)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(1)
    with torch.no_grad():
        x = torch.randn(TOKENS, WIDTH)
        router = torch.randn(WIDTH, EXPERTS) / WIDTH**0.5
        experts = [Mlp() for _ in range(EXPERTS)]
        measure("routed", lambda: routed(x, router, experts))
        measure("dense", lambda: dense(x, experts))
