"""Reads the DICOM files of a folder with pydicom to a float32 volume in HU; prints seconds and a checksum."""
import sys
import time
from pathlib import Path

import numpy
import pydicom

handlers = {"gdcm": "gdcm_handler", "pillow": "pillow_handler", "numpy": "numpy_handler"}
if len(sys.argv) > 2:
    from importlib import import_module

    pydicom.config.pixel_data_handlers = [
        import_module("pydicom.pixel_data_handlers." + handlers[sys.argv[2]])
    ]


def read(folder):
    slices = [pydicom.dcmread(path) for path in sorted(Path(folder).iterdir())]
    slices.sort(key=lambda one: float(one.ImagePositionPatient[2]))
    return numpy.stack(
        [
            one.pixel_array.astype(numpy.float32) * numpy.float32(one.RescaleSlope)
            + numpy.float32(one.RescaleIntercept)
            for one in slices
        ]
    )


wall, cpu = time.perf_counter(), time.process_time()
volume = read(sys.argv[1])
print(time.perf_counter() - wall, time.process_time() - cpu, int(volume.sum(dtype=numpy.float64)), *volume.shape)
