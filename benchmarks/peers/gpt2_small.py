"""Hidden states and a training step of GPT-2 small in transformers and PyTorch: the peer of Gpt2SmallBenchmark.

    python benchmarks/peers/gpt2_small.py

Same model, shapes and work; random weights. Prints CSV: case, milliseconds. Needs torch and transformers.
"""

import torch
import torch.nn.functional as F
from measure import QUICK, measure
from transformers import GPT2Config, GPT2LMHeadModel

LENGTH = 256


def main():
    torch.manual_seed(1)
    model = GPT2LMHeadModel(GPT2Config(attn_pdrop=0.0, embd_pdrop=0.0, resid_pdrop=0.0))
    vocabulary = model.config.vocab_size
    tokens = torch.randint(0, vocabulary, (4, LENGTH))
    windows = torch.randint(0, vocabulary, (2, LENGTH + 1))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(".mlp." in name)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.1, fused=True)

    def hidden_states():
        with torch.no_grad():
            model.transformer(tokens, use_cache=False)

    def training_step():
        logits = model(windows[:, :-1], use_cache=False).logits
        F.cross_entropy(logits.reshape(-1, vocabulary), windows[:, 1:].reshape(-1)).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()

    for threads in (2,) if QUICK else (1, 2):
        torch.set_num_threads(threads)
        model.eval()
        measure(f"hiddenStates threads={threads}", hidden_states)
        model.train()
        measure(f"trainingStep threads={threads}", training_step)


if __name__ == "__main__":
    main()
