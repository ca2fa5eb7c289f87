"""Training steps of timm's own vision transformer, on the networks of the training suite.

Python is no part of this project; this one file is a contender: where torch and timm are installed (Debian 13 has
torch 2.6 as python3-torch), `python3 timm_step.py WIDTH DEPTH [--checkpointed] [--steps N]` prints the median
seconds of a step and the resident peak over the process with model and optimizer, as the suite measures them.
"""
import argparse
import resource
import statistics
import time

import timm
import torch
from timm.models.vision_transformer import VisionTransformer

parser = argparse.ArgumentParser()
parser.add_argument("width", type=int)
parser.add_argument("depth", type=int)
parser.add_argument("--checkpointed", action="store_true", help="timm's set_grad_checkpointing: every block is run again")
parser.add_argument("--steps", type=int, default=3)
parser.add_argument("--threads", type=int, default=2)
asked = parser.parse_args()

torch.manual_seed(1)
torch.set_num_threads(asked.threads)
# The suite's networks: heads of 64 features; a feed-forward layer as wide as the network from width 512 on, else twice as wide.
model = VisionTransformer(img_size=32, patch_size=4, num_classes=10, embed_dim=asked.width, depth=asked.depth,
                          num_heads=max(1, asked.width // 64), mlp_ratio=1 if asked.width >= 512 else 2)
model.set_grad_checkpointing(asked.checkpointed)
model.train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.05)
images = torch.randn(64, 3, 32, 32)
labels = torch.randint(10, (64,))


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def step():
    loss = torch.nn.functional.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


# The optimizer makes its moments in the first step: they are of the idle process, as the suite counts.
for parameter in model.parameters():
    optimizer.state[parameter] = {"step": torch.zeros(()), "exp_avg": torch.ones_like(parameter) * 0,
                                  "exp_avg_sq": torch.ones_like(parameter) * 0}
idle = resident()
seconds = []
for number in range(asked.steps + 1):
    start = time.perf_counter()
    step()
    if number > 0:  # the first one is not timed
        seconds.append(time.perf_counter() - start)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
weights = sum(parameter.numel() for parameter in model.parameters())
print(f"torch {torch.__version__}, timm {timm.__version__}, {asked.width}x{asked.depth}"
      f"{', checkpointed' if asked.checkpointed else ''}, {weights / 1e6:.1f} M weights: "
      f"{statistics.median(seconds):.3f} s per step, peak {peak:.0f} MiB, over idle {peak - idle:.0f} MiB")
