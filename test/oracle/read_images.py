"""Reads files named on the command line with nibabel, numpy, tifffile or Pillow; one JSON line each."""
import hashlib, json, sys
import numpy as np

for path in sys.argv[1:]:
    if path.endswith((".npy", ".npz")):
        array = np.load(path)
        if path.endswith(".npz"):
            array = array[list(array.keys())[0]]
        answer = {"shape": list(array.shape), "dtype": array.dtype.str, "sum": float(np.abs(array).astype("f8").sum())}
        answer["sha256"] = hashlib.sha256(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()
    elif path.endswith((".tif", ".tiff", ".png", ".jpg")):
        try:
            if path.endswith((".tif", ".tiff")):
                import tifffile
                array = tifffile.imread(path)
            else:
                from PIL import Image
                array = np.asarray(Image.open(path))
            answer = {"shape": list(array.shape), "dtype": array.dtype.str}
            little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"))
            answer["sha256"] = hashlib.sha256(little.tobytes()).hexdigest()
        except Exception as error:
            answer = {"error": str(error)}
    else:
        import nibabel
        image = nibabel.load(path)
        raw = np.asanyarray(image.dataobj.get_unscaled())
        if raw.dtype.fields is None:
            raw = raw.astype(raw.dtype.newbyteorder("<"))
            scaled = np.asanyarray(image.dataobj)
            total = float(np.abs(scaled).astype("f8").sum())
        else:
            total = None
        answer = {
            "shape": list(image.shape),
            "dtype": raw.dtype.str,
            "affine": np.asarray(image.affine, "f8").tolist(),
            "zooms": [float(z) for z in image.header.get_zooms()],
            "sum": total,
            "sha256": hashlib.sha256(raw.tobytes(order="F")).hexdigest(),
        }
    print(json.dumps(answer))
