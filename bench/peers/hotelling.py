"""Hotelling template from noisy 64x64 images drawn on the fly: numpy, float32 products, float64 sums.

usage: hotelling.py POOL.f32 SIGNAL.f32 IMAGES BATCH
POOL holds backgrounds (rows of 4096 float32); prints one JSON line with seconds by part.
"""
import json
import sys
import time

import numpy as np

pool = np.fromfile(sys.argv[1], "<f4").reshape(-1, 4096)
signal = np.fromfile(sys.argv[2], "<f4")
images, batch = int(sys.argv[3]), int(sys.argv[4])
random = np.random.default_rng(1)
started = time.perf_counter()
used = time.process_time()
total = np.zeros((4096, 4096))
sums = np.zeros((2, 4096))
count = [0, 0]
draw = product = 0.0
for start in range(0, images, batch):
    t0 = time.perf_counter()
    present = (start // batch) % 2
    n = min(batch, images - start)
    x = random.standard_normal((n, 4096), dtype=np.float32)
    x *= 0.1
    x += pool[random.integers(len(pool), size=n)]
    if present:
        x += signal
    t1 = time.perf_counter()
    sums[present] += x.sum(axis=0, dtype=np.float64)
    count[present] += n
    x -= np.float32(0.45)
    total += x.T @ x
    t2 = time.perf_counter()
    draw += t1 - t0
    product += t2 - t1
t3 = time.perf_counter()
means = sums / np.array(count)[:, None]
covariance = total
for c in (0, 1):
    m = means[c] - 0.45
    covariance -= count[c] * np.outer(m, m)
covariance /= sum(count) - 2
template = np.linalg.solve(covariance, means[1] - means[0])
done = time.perf_counter()
print(json.dumps({"draw": draw, "product": product, "solve": done - t3, "total": done - started, "CPU seconds": time.process_time() - used}))
