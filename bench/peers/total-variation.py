"""scikit-image side of total-variation.ts: reads raw float32, writes raw float32 and the seconds taken.

Arguments: INPUT OUTPUT WEIGHT EPS MAX_ITERATIONS ROUNDS SIZE... (z y x or y x)
"""
import json
import sys
import time

import numpy as np
import skimage
from skimage.restoration import denoise_tv_chambolle

source, target, weight, eps, most, rounds, *shape = sys.argv[1:]
image = np.fromfile(source, dtype=np.float32).reshape([int(s) for s in shape])
call = lambda: denoise_tv_chambolle(
    image, weight=float(weight), eps=float(eps), max_num_iter=int(most)
)
seconds = []
for _ in range(int(rounds)):
    start = time.perf_counter()
    out = call()
    seconds.append(time.perf_counter() - start)
out.astype(np.float32).tofile(target)
print(json.dumps({"version": skimage.__version__, "seconds": seconds, "dtype": str(out.dtype)}))
