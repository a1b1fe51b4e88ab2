"""PyTorch's side of bench/adaptation.ts: 500 Adam steps on the adaptation's objective, as published.

Usage: torch-adapt.py FOLDER DEPTH WIDTH
FOLDER holds weights.f32 (all weights, layer by layer: weight, bias), image.f32 and template.f32 of
64 x 64 values. Each line read from stdin is "alpha beta gamma steps rate"; the answer is a line
"wall cpu objective", times in milliseconds.
"""
import sys
import time

import numpy as np
import torch
from torch import nn

folder, depth, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)


def read(name):
    return torch.from_numpy(np.fromfile(f"{folder}/{name}.f32", np.float32).copy())


layers = [nn.Conv2d(1, width, 3, padding=1), nn.ReLU()]
for _ in range(depth - 2):
    layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
net = nn.Sequential(*layers, nn.Conv2d(width, 1, 3, padding=1))
theta = read("weights")
image = read("image").reshape(1, 1, 64, 64)
template = read("template").reshape(1, 1, 64, 64)


def restore():
    at = 0
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(theta[at : at + p.numel()].reshape(p.shape))
            at += p.numel()
    assert at == theta.numel()


def objective(start, alpha, beta, gamma):
    output = image - net(image)
    drift = sum(((p - q) ** 2).sum() for p, q in zip(net.parameters(), start))
    task = ((template * (image - output)).sum()) ** 2
    return alpha * ((image - output) ** 2).sum() + beta * task + gamma * drift


def adapt(alpha, beta, gamma, steps, rate):
    restore()
    start = [p.detach().clone() for p in net.parameters()]
    optimiser = torch.optim.Adam(net.parameters(), lr=rate)
    for _ in range(steps):
        optimiser.zero_grad(set_to_none=True)
        loss = objective(start, alpha, beta, gamma)
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        return objective(start, alpha, beta, gamma).item()


adapt(1, 1, 1, 2, 1e-4)
print("ready", torch.__version__, flush=True)
for line in sys.stdin:
    alpha, beta, gamma, steps, rate = line.split()
    began, used = time.perf_counter(), time.process_time()
    value = adapt(float(alpha), float(beta), float(gamma), int(steps), float(rate))
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    print(wall * 1000, cpu * 1000, value, flush=True)
