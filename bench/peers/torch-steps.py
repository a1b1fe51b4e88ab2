"""PyTorch's side of bench/engine.ts: the same networks, one line of input per measurement.

Usage: torch-steps.py KIND BATCH THREADS      KIND: train2d, train3d, infer2d
Each line read from stdin is a number of steps; the answer is their mean time in milliseconds.
"""
import sys
import time

import torch
from torch import nn

kind, batch, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
torch.manual_seed(0)


def chain(conv, depth, width):
    layers = [conv(1, width, 3, padding=1), nn.ReLU(inplace=True)]
    for _ in range(depth - 2):
        layers += [conv(width, width, 3, padding=1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, conv(width, 1, 3, padding=1))


if kind == "train3d":
    net, shape = chain(nn.Conv3d, 5, 16), (batch, 1, 16, 64, 64)
elif kind == "train2d":
    net, shape = chain(nn.Conv2d, 17, 64), (batch, 1, 64, 64)
else:
    net, shape = chain(nn.Conv2d, 17, 64), (batch, 1, 512, 512)
x, target = torch.rand(shape), torch.rand(shape)
optimiser = torch.optim.Adam(net.parameters(), lr=1e-4)


def step():
    if kind == "infer2d":
        with torch.no_grad():
            return x - net(x)
    optimiser.zero_grad(set_to_none=True)
    loss = torch.mean((x - net(x) - target) ** 2)
    loss.backward()
    optimiser.step()
    return loss


step()
print("ready", torch.__version__, flush=True)
for line in sys.stdin:
    count = int(line)
    began = time.perf_counter()
    for _ in range(count):
        step()
    print((time.perf_counter() - began) * 1000 / count, flush=True)
