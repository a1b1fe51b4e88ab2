"""Best of scikit-image's NLM, TV and wavelet denoisers on each of several noisy slices, every method
given its best parameter on that very slice.

Usage: best-of-skimage.py FOLDER SIGMA...   (clean-NAME.npy and noisy-NAME-SIGMA.npy in FOLDER)
Prints one JSON object: {"NAME SIGMA": {"nlm": dB, "tv": dB, "wavelet": dB}}.
"""
import glob
import json
import os
import sys
import warnings

import numpy as np
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle, denoise_wavelet

warnings.filterwarnings("ignore")


def psnr(a, b):
    return -10 * np.log10(np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2))


def best(values):
    return float(max(values))


def main():
    folder, *sigmas = sys.argv[1:]
    result = {}
    for path in sorted(glob.glob(os.path.join(folder, "clean-*.npy"))):
        name = os.path.basename(path)[6:-4]
        clean = np.load(path)
        for sigma in sigmas:
            noisy = np.load(os.path.join(folder, f"noisy-{name}-{sigma}.npy"))
            s = float(sigma)
            nlm = best(
                psnr(clean, denoise_nl_means(noisy, patch_size=p, patch_distance=8, h=h * s, sigma=s, fast_mode=True))
                for p in (5, 7)
                for h in (0.4, 0.6, 0.8, 1.0)
            )
            tv = best(
                psnr(clean, denoise_tv_chambolle(noisy, weight=w * s, eps=1e-5, max_num_iter=500))
                for w in (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5)
            )
            wavelet = best(
                psnr(clean, denoise_wavelet(noisy, sigma=f * s, wavelet=w, method=m, mode="soft", rescale_sigma=False))
                for w in ("db2", "db8", "sym8")
                for m in ("BayesShrink", "VisuShrink")
                for f in ((1.0,) if m == "BayesShrink" else (0.3, 0.5, 0.7))
            )
            result[f"{name} {sigma}"] = {"nlm": nlm, "tv": tv, "wavelet": wavelet}
    print(json.dumps(result))


main()
