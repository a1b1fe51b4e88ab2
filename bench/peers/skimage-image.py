"""Writes a centred square of one image bundled with scikit-image as raw float32 grey levels 0 to 255.

Arguments: NAME SIZE OUTPUT
"""
import sys

import numpy as np
import skimage.data
from skimage.color import rgb2gray

name, size, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
image = getattr(skimage.data, name)()
grey = rgb2gray(image) * 255 if image.ndim == 3 else image
y = (grey.shape[0] - size) // 2
x = (grey.shape[1] - size) // 2
grey[y : y + size, x : x + size].astype(np.float32).tofile(target)
