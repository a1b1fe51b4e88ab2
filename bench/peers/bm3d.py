"""BM3D of one plane with NumPy, SciPy and PyWavelets, after the description and settings of IPOL
[lebrun2012analysis]: 8 x 8 blocks every 3 pixels, search 33 x 33, up to 16 and 32 blocks, bior1.5 and
DCT, Walsh-Hadamard along the group, hard threshold 2.7 sigma, Kaiser window 2. A second program for
patch-methods.ts, sharing nothing with src/.

Arguments: INPUT OUTPUT SIGMA NY NX (raw float32)
"""
import sys

import numpy as np
import pywt
from scipy.fft import dctn, idctn
from scipy.linalg import hadamard

source, target, sigma, ny, nx = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
K, REACH, STEP = 8, 16, 3


def wavelet(blocks):
    out = blocks.copy()
    n = K
    while n > 1:
        a, (h, v, d) = pywt.dwt2(out[..., :n, :n], "bior1.5", mode="periodization", axes=(-2, -1))
        out[..., : n // 2, : n // 2] = a
        out[..., : n // 2, n // 2 : n] = v
        out[..., n // 2 : n, : n // 2] = h
        out[..., n // 2 : n, n // 2 : n] = d
        n //= 2
    return out


def inverse_wavelet(blocks):
    out = blocks.copy()
    n = 1
    while n < K:
        parts = (
            out[..., :n, :n].copy(),
            (out[..., n : 2 * n, :n].copy(), out[..., :n, n : 2 * n].copy(), out[..., n : 2 * n, n : 2 * n].copy()),
        )
        n *= 2
        out[..., :n, :n] = pywt.idwt2(parts, "bior1.5", mode="periodization", axes=(-2, -1))
    return out


def grid(length):
    # Positions in the padded image whose whole search window lies inside it.
    last = length - K - REACH
    places = list(range(REACH, last + 1, STEP))
    return places if places[-1] == last else places + [last]


def matches(image, limit, most):
    """For every reference block the nearest blocks, as many as a power of two."""
    rows, columns = grid(image.shape[0]), grid(image.shape[1])
    r, c = np.meshgrid(rows, columns, indexing="ij")
    r, c = r.ravel(), c.ravel()
    steps = [(dy, dx) for dy in range(-REACH, REACH + 1) for dx in range(-REACH, REACH + 1)]
    distance = np.empty((len(steps), r.size), dtype=np.float32)
    for i, (dy, dx) in enumerate(steps):
        square = (image - np.roll(image, (-dy, -dx), axis=(0, 1))) ** 2
        table = np.pad(square.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        distance[i] = table[r + K, c + K] - table[r, c + K] - table[r + K, c] + table[r, c]
    order = np.argsort(distance, axis=0, kind="stable")[:most]
    near = np.take_along_axis(distance, order, axis=0) < limit * K * K
    steps = np.array(steps)
    for i in range(r.size):
        count = max(1, int(near[:, i].sum()))
        chosen = steps[order[: 1 << (count.bit_length() - 1), i]]
        yield r[i] + chosen[:, 0], c[i] + chosen[:, 1]


def patches(image):
    return np.lib.stride_tricks.sliding_window_view(image, (K, K))


kaiser = np.outer(np.kaiser(K, 2), np.kaiser(K, 2))


def aggregate(image, groups):
    total, weight = np.zeros_like(image), np.zeros_like(image)
    for (rows, columns), blocks, w in groups:
        for y, x, block in zip(rows, columns, blocks):
            total[y : y + K, x : x + K] += w * kaiser * block
            weight[y : y + K, x : x + K] += w * kaiser
    inside = (slice(REACH, -REACH), slice(REACH, -REACH))
    return total[inside] / weight[inside]


def first(noisy):
    spectrum = wavelet(patches(noisy).astype(np.float64))
    for rows, columns in matches(noisy, 2500 if sigma < 35 else 5000, 16):
        n = rows.size
        h = hadamard(n) / np.sqrt(n)
        group = np.tensordot(h, spectrum[rows, columns], 1)
        kept = np.abs(group) > 2.7 * sigma
        blocks = inverse_wavelet(np.tensordot(h, group * kept, 1))
        yield (rows, columns), blocks, 1 / max(1, kept.sum())


def second(noisy, basic):
    a = dctn(patches(noisy).astype(np.float64), axes=(-2, -1), norm="ortho")
    b = dctn(patches(basic).astype(np.float64), axes=(-2, -1), norm="ortho")
    for rows, columns in matches(basic, 400 if sigma < 35 else 3500, 32):
        n = rows.size
        h = hadamard(n) / np.sqrt(n)
        power = np.tensordot(h, b[rows, columns], 1) ** 2
        wiener = power / (power + sigma**2)
        blocks = idctn(np.tensordot(h, wiener * np.tensordot(h, a[rows, columns], 1), 1), axes=(-2, -1), norm="ortho")
        yield (rows, columns), blocks, 1 / max(1e-9, wiener.sum())


image = np.fromfile(source, dtype=np.float32).reshape(ny, nx).astype(np.float64)
wide = np.pad(image, REACH, mode="symmetric")
basic = aggregate(wide, first(wide))
final = aggregate(wide, second(wide, np.pad(basic, REACH, mode="symmetric")))
final.astype(np.float32).tofile(target)
