"""Pictures and volumes as other makers' libraries write them, each beside its elements as C-ordered NPY."""
import sys
from pathlib import Path

import nibabel
import numpy
import tifffile
from PIL import Image

folder = Path(sys.argv[1])
random = numpy.random.default_rng(7)


def keep(name, values):
    numpy.save(folder / f"{name}.expected", numpy.ascontiguousarray(values))


def tiff(name, values, **options):
    try:
        tifffile.imwrite(folder / name, values, **options)
    except Exception as error:
        print(f"{name} not written: {error}", file=sys.stderr)
        (folder / name).unlink(missing_ok=True)
        return
    keep(name, values)


grey = random.integers(0, 65536, (70, 50), dtype="uint16")
signed = random.integers(-30000, 30000, (70, 50), dtype="int16")
real = random.normal(size=(70, 50)).astype("float32")
colour = random.integers(0, 256, (40, 30, 3), dtype="uint8")
tiff("tiled.tif", grey, tile=(32, 16))
tiff("tiled-deflate-predictor.tif", grey, tile=(32, 16), compression="zlib", predictor=True)
tiff("strips-deflate-predictor.tif", signed, rowsperstrip=7, compression="zlib", predictor=True)
tiff("float-deflate.tif", real, compression="zlib")
tiff("big.tif", grey, bigtiff=True)
tiff("big-endian.tif", grey, byteorder=">")
tiff("big-big-endian-tiled.tif", signed, bigtiff=True, byteorder=">", tile=(16, 16))
tiff("double.tif", real.astype("float64"))
tiff("pages.tif", numpy.stack([grey, grey[::-1]]), photometric="minisblack")
tiff("packbits.tif", (grey >> 12).astype("uint8"), compression="packbits")
tiff("rgb.tif", colour, photometric="rgb")
tiff("rgb-planar.tif", numpy.moveaxis(colour, -1, 0), photometric="rgb", planarconfig="separate")
keep("rgb-planar.tif", colour)

for name, values, options in [
    ("grey8.png", (grey >> 8).astype("uint8"), {}),
    ("rgb.png", colour, {}),
    ("progressive.jpg", (numpy.add.outer(numpy.arange(48), numpy.arange(40)) * 2).astype("uint8"), {"progressive": True, "quality": 95}),
    ("progressive-rgb.jpg", numpy.repeat(numpy.repeat(colour[:10, :8], 8, 0), 8, 1), {"progressive": True, "subsampling": 2}),
    ("arithmetic-free.jpg", (numpy.add.outer(numpy.arange(48), numpy.arange(40)) * 2).astype("uint8"), {"optimize": True}),
]:
    Image.fromarray(values).save(folder / name, **options)
    keep(name, numpy.asarray(Image.open(folder / name)))
Image.fromarray(grey.astype("int32"), mode="I").save(folder / "grey16.png")
keep("grey16.png", grey)
Image.fromarray((grey > 30000)).save(folder / "one-bit.png")
keep("one-bit.png", (grey > 30000).astype("uint8"))
indexed = Image.fromarray(colour).quantize(13)
indexed.save(folder / "indexed.png")
keep("indexed.png", numpy.asarray(indexed.convert("RGB")))

volume = random.integers(-2000, 3000, (5, 6, 7), dtype="int16")
affine = numpy.array([[-0.7, 0.1, 0, 5], [0.1, 0.7, 0.05, -3], [0, 0.02, 2.5, 9], [0, 0, 0, 1]])
for name, make in [("extended.nii.gz", nibabel.Nifti1Image), ("extended2.nii", nibabel.Nifti2Image)]:
    image = make(volume, affine)
    for code, text in [(6, b"a comment"), (4, b"<xml>" + b"x" * 1000 + b"</xml>")]:
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension(code, text))
    nibabel.save(image, folder / name)
    keep(name, volume.transpose(2, 1, 0))

big = volume.astype(">i2")
(folder / "slices.raw.000").write_bytes(b"")
raw = volume.transpose(2, 1, 0)
raw.astype(">i2").tofile(folder / "detached.raw")
(folder / "detached.nhdr").write_text(
    "NRRD0004\ntype: short\ndimension: 3\nsizes: 5 6 7\nendian: big\nencoding: raw\ndata file: detached.raw\n"
)
keep("detached.nhdr", raw)
for z, plane in enumerate(raw):
    plane.astype("<i2").tofile(folder / f"plane{z}.raw")
(folder / "listed.nhdr").write_text(
    "NRRD0004\ntype: short\ndimension: 3\nsizes: 5 6 7\nendian: little\nencoding: raw\ndata file: LIST\n"
    + "".join(f"plane{z}.raw\n" for z in range(7))
)
keep("listed.nhdr", raw)
head = "ObjectType = Image\nNDims = 3\nDimSize = 5 6 7\nElementType = MET_SHORT\nElementByteOrderMSB = False\nElementDataFile = "
(folder / "listed.mhd").write_text(head + "LIST\n" + "".join(f"plane{z}.raw\n" for z in range(7)))
keep("listed.mhd", raw)
(folder / "numbered.mhd").write_text(head + "plane%d.raw 0 6 1\n")
keep("numbered.mhd", raw)
(folder / "slices.raw.000").unlink()
