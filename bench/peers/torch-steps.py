"""PyTorch's side of bench/engine.ts: the same networks, one line of input per measurement.

Usage: torch-steps.py KIND THREADS WIDTH SIZES...     KIND as in bench/engine/works.ts
Each line read from stdin is a number of steps; the answer is "wall cpu peak": mean milliseconds of a
step on the clock and of the processor, and the process's peak memory in MB.
"""
import resource
import sys
import time

import torch
from torch import nn

kind, threads, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
shape = [int(size) for size in sys.argv[4:]]
torch.set_num_threads(threads)
torch.manual_seed(0)
volume = len(shape) == 5
Conv = nn.Conv3d if volume else nn.Conv2d
Up = nn.ConvTranspose3d if volume else nn.ConvTranspose2d
Pool = nn.MaxPool3d if volume else nn.MaxPool2d
Norm = nn.InstanceNorm3d if volume else nn.InstanceNorm2d


class Residual(nn.Module):
    """The image less what a body predicts."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return x - self.body(x)


def chain(depth, norm):
    layers = [Conv(1, width, 3, padding=1), nn.ReLU(inplace=True)]
    for _ in range(depth - 2):
        layers.append(Conv(width, width, 3, padding=1, bias=not norm))
        layers += [nn.BatchNorm2d(width)] if norm else []
        layers.append(nn.ReLU(inplace=True))
    return Residual(nn.Sequential(*layers, Conv(width, 1, 3, padding=1)))


class UNet(nn.Module):
    def __init__(self, levels=3):
        super().__init__()

        def block(inputs, outputs):
            return nn.Sequential(
                Conv(inputs, outputs, 3, padding=1), nn.LeakyReLU(0.1, inplace=True),
                Conv(outputs, outputs, 3, padding=1), nn.LeakyReLU(0.1, inplace=True),
            )

        sizes = [width * 2**level for level in range(levels + 1)]
        self.down = nn.ModuleList(block(a, b) for a, b in zip([1] + sizes[:-1], sizes))
        self.enlarge = nn.ModuleList(Up(2 * c, c, 2, stride=2) for c in sizes[:-1])
        self.up = nn.ModuleList(block(2 * c, c) for c in sizes[:-1])
        self.pool = Pool(2)
        self.last = Conv(width, 1, 1)

    def forward(self, x):
        skips = []
        for block in self.down[:-1]:
            x = block(x)
            skips.append(x)
            x = self.pool(x)
        x = self.down[-1](x)
        for enlarge, block, skip in reversed(list(zip(self.enlarge, self.up, skips))):
            x = block(torch.cat([skip, enlarge(x)], 1))
        return self.last(x)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [width * 2**level for level in range(4)]
        self.encode = nn.ModuleList(Conv(a, b, 3, padding=1) for a, b in zip([1] + sizes, sizes))
        self.decode = nn.ModuleList(Conv(2 * c, c, 3, padding=1) for c in sizes[:-1])
        self.norms = nn.ModuleList(Norm(c) for c in sizes)
        self.renorms = nn.ModuleList(Norm(c) for c in sizes[:-1])
        self.active = nn.LeakyReLU(0.2, inplace=True)
        self.last = Conv(width, 1, 3, padding=1)

    def forward(self, image):
        skips, x = [], image
        for conv, norm in zip(self.encode, self.norms):
            x = self.active(norm(conv(x)))
            skips.append(x)
        for conv, norm, skip in reversed(list(zip(self.decode, self.renorms, skips))):
            x = self.active(norm(conv(x) + skip))
        return torch.tanh(self.last(x) + image)


def critic_network():
    layers, inputs = [], 1
    for level in range(3):
        outputs = width * 2**level
        layers += [Conv(inputs, outputs, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
        inputs = outputs
    return nn.Sequential(*layers, Conv(inputs, 1, 3, padding=1))


x, target = torch.rand(shape), torch.rand(shape)
if kind in ("dncnn", "dncnn-norm", "infer2d"):
    net = chain(17, kind == "dncnn-norm")
elif kind == "chain3d":
    net = chain(5, False)
elif kind == "tod-net":
    net, critic = Generator(), critic_network()
    critic_optimiser = torch.optim.Adam(critic.parameters(), lr=1e-4)
else:
    net = Residual(UNet())
optimiser = torch.optim.Adam(net.parameters(), lr=1e-4)


def minimise(loss, optimiser):
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()


def step():
    if kind == "infer2d":
        with torch.no_grad():
            net(x)
        return
    if kind != "tod-net":
        minimise(torch.mean((net(x) - target) ** 2), optimiser)
        return
    # The generator's result is computed once for the critic without a gradient and once with one, as here.
    with torch.no_grad():
        generated = net(x)
    minimise(critic(generated).mean() - critic(target).mean(), critic_optimiser)
    with torch.no_grad():
        for p in critic.parameters():
            p.clamp_(-0.01, 0.01)
    critic.requires_grad_(False)
    generated = net(x)
    loss = 0.5 * torch.mean((generated - target) ** 2) - critic(generated).mean()
    minimise(loss, optimiser)
    critic.requires_grad_(True)


step()
print("ready", torch.__version__, flush=True)
for line in sys.stdin:
    count = int(line)
    began, used = time.perf_counter(), time.process_time()
    for _ in range(count):
        step()
    wall = (time.perf_counter() - began) * 1000 / count
    cpu = (time.process_time() - used) * 1000 / count
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(wall, cpu, peak, flush=True)
