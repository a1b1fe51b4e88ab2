"""Debian's scikit-image and OpenCV behind one small command, for denoise.ts and ../denoise-speed.ts.

Reads raw float32 and writes raw float32; prints one JSON line with versions and CPU and wall seconds.
Arguments: INPUT OUTPUT METHOD JSON-PARAMETERS ROUNDS SIZE... (y x or z y x)
"""
import json
import sys
import time

import numpy as np

source, target, method, parameters, rounds, *shape = sys.argv[1:]
p = json.loads(parameters)
image = np.fromfile(source, dtype=np.float32).reshape([int(s) for s in shape])
versions = {}


def skimage_wavelet():
    from skimage.restoration import denoise_wavelet

    return denoise_wavelet(
        image,
        sigma=p["sigma"],
        wavelet=p["wavelet"],
        mode=p["rule"],
        wavelet_levels=p["levels"],
        method=p["method"],
        rescale_sigma=True,
    )


def skimage_wavelet_spun():
    from skimage.restoration import cycle_spin, denoise_wavelet

    # Shifts of 0 and 1 along each axis, as `spins` 2 here.
    return cycle_spin(
        image,
        func=denoise_wavelet,
        max_shifts=1,
        num_workers=1,
        func_kw=dict(
            sigma=p["sigma"],
            wavelet=p["wavelet"],
            mode=p["rule"],
            wavelet_levels=p["levels"],
            method=p["method"],
            rescale_sigma=True,
        ),
    )


def skimage_tv():
    from skimage.restoration import denoise_tv_chambolle

    return denoise_tv_chambolle(image, weight=p["weight"])


def skimage_bilateral():
    from skimage.restoration import denoise_bilateral

    return denoise_bilateral(
        image,
        win_size=2 * p["radius"] + 1,
        sigma_color=p["range"],
        sigma_spatial=p["spatial"],
        bins=10000,
        mode="symmetric",
    )


def skimage_nlm():
    from skimage.restoration import denoise_nl_means

    return denoise_nl_means(
        image,
        patch_size=2 * p["patch"] + 1,
        patch_distance=p["search"],
        h=p["h"],
        sigma=p["sigma"],
        fast_mode=True,
    )


def opencv_bilateral():
    import cv2

    cv2.setNumThreads(1)
    return cv2.bilateralFilter(
        image, 2 * p["radius"] + 1, p["range"], p["spatial"], borderType=cv2.BORDER_REFLECT
    )


def opencv_nlm():
    import cv2

    cv2.setNumThreads(1)
    grey = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    # Its weight is exp(-d2/h^2) with d2 the mean over the patch, and no 2 sigma^2 taken off.
    return cv2.fastNlMeansDenoising(grey, None, p["h"], 2 * p["patch"] + 1, 2 * p["search"] + 1)


def scipy_gaussian():
    import scipy.ndimage

    return scipy.ndimage.gaussian_filter(image, p["width"], truncate=4, mode="reflect")


def scipy_median():
    import scipy.ndimage

    return scipy.ndimage.median_filter(image, size=2 * p["radius"] + 1, mode="reflect")


def scipy_wiener():
    import scipy.signal

    # Doubles: in float32 its local variance loses digits.
    return scipy.signal.wiener(
        image.astype(np.float64), mysize=2 * p["radius"] + 1, noise=p["sigma"] ** 2
    )


def skimage_estimate_sigma():
    from skimage.restoration import estimate_sigma

    return np.full(image.shape, estimate_sigma(image))


call = globals()[method]
try:
    call()
except ImportError as error:
    print(json.dumps({"absent": str(error)}))
    sys.exit(0)
cpu, wall = [], []
for _ in range(int(rounds)):
    c, w = time.process_time(), time.perf_counter()
    out = call()
    cpu.append(time.process_time() - c)
    wall.append(time.perf_counter() - w)
np.asarray(out, dtype=np.float32).tofile(target)
for name in ("skimage", "cv2", "numpy", "pywt", "scipy"):
    if name in sys.modules:
        versions[name] = sys.modules[name].__version__
print(json.dumps({"versions": versions, "cpu": cpu, "wall": wall}))
