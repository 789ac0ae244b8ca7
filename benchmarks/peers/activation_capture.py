"""Hidden states of GPT-2 small with and without recording layers: the peer of ActivationCaptureBenchmark.

    python benchmarks/peers/activation_capture.py

transformers on 2 x 256 random tokens, one thread; a hook at every MLP and every block keeps the mean over the tokens of a text, or a
copy of all tokens. Prints CSV: case, milliseconds. Needs torch and transformers.
"""

import torch
from measure import QUICK, measure
from transformers import GPT2Config, GPT2LMHeadModel

TEXTS, LENGTH = 2, 256
POOLING = {"NOTHING": None, "MEAN": lambda x: x.mean(1), "ALL_TOKENS": lambda x: x.reshape(-1, x.shape[-1]).clone()}


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    model = GPT2LMHeadModel(GPT2Config(attn_pdrop=0.0, embd_pdrop=0.0, resid_pdrop=0.0)).eval()
    tokens = torch.randint(0, model.config.vocab_size, (TEXTS, LENGTH))

    def capture(pool):
        recorded = {}

        def hook(name):
            def keep(module, inputs, output):
                recorded[name] = pool(output[0] if isinstance(output, tuple) else output)

            return keep

        hooks = []
        if pool is not None:
            for index, block in enumerate(model.transformer.h):
                hooks.append(block.register_forward_hook(hook(f"block.{index}.output")))
                hooks.append(block.mlp.register_forward_hook(hook(f"block.{index}.mlp")))
        with torch.no_grad():
            model.transformer(tokens, use_cache=False)
        for registered in hooks:
            registered.remove()
        assert len(recorded) == len(hooks)

    for recorded in ("NOTHING", "MEAN") if QUICK else POOLING:
        measure(f"capture recorded={recorded}", lambda: capture(POOLING[recorded]))


if __name__ == "__main__":
    main()
