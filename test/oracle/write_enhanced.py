"""Writes enhanced CT objects of several shapes with pydicom into a folder; every file's frames hold 100·t + z."""
import sys

import numpy
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedCTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

rows, columns = 2, 3


def item(**values):
    one = Dataset()
    for name, value in values.items():
        setattr(one, name, value)
    return one


def write(path, places, syntax=ExplicitVRLittleEndian, slopes=None, per_frame_orientation=False, stacks=None):
    """`places` lists (t, z) of every frame in the order of the file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = syntax
    out = FileDataset(path, {}, file_meta=meta, preamble=b"\0" * 128)
    out.is_little_endian, out.is_implicit_VR = True, syntax == ImplicitVRLittleEndian
    out.SOPClassUID, out.SOPInstanceUID = EnhancedCTImageStorage, meta.MediaStorageSOPInstanceUID
    out.StudyInstanceUID, out.SeriesInstanceUID = generate_uid(), generate_uid()
    out.Modality, out.ImageType = "CT", ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    out.Rows, out.Columns, out.NumberOfFrames = rows, columns, len(places)
    out.SamplesPerPixel, out.PhotometricInterpretation = 1, "MONOCHROME2"
    out.BitsAllocated, out.BitsStored, out.HighBit, out.PixelRepresentation = 16, 16, 15, 1
    orientation = Sequence([item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])])
    shared = item(PixelMeasuresSequence=Sequence([item(PixelSpacing=[0.5, 0.25], SliceThickness=9)]))
    if not per_frame_orientation:
        shared.PlaneOrientationSequence = orientation
    if slopes is None:
        shared.PixelValueTransformationSequence = Sequence(
            [item(RescaleIntercept=0, RescaleSlope=1, RescaleType="HU")]
        )
    out.SharedFunctionalGroupsSequence = Sequence([shared])
    groups, planes = [], []
    for k, (t, z) in enumerate(places):
        group = item(
            PlanePositionSequence=Sequence([item(ImagePositionPatient=[10, 20, 2.5 * z])]),
            FrameContentSequence=Sequence(
                [item(StackID="1", InStackPositionNumber=z + 1, TemporalPositionIndex=t + 1, DimensionIndexValues=[z + 1, t + 1])]
            ),
        )
        if per_frame_orientation:
            turned = stacks is not None and stacks[k]
            group.PlaneOrientationSequence = Sequence(
                [item(ImageOrientationPatient=[0, 1, 0, 0, 0, -1] if turned else [1, 0, 0, 0, 1, 0])]
            )
        slope = 1 if slopes is None else slopes[k]
        if slopes is not None:
            group.PixelValueTransformationSequence = Sequence(
                [item(RescaleIntercept=-slope, RescaleSlope=slope, RescaleType="HU")]
            )
        groups.append(group)
        value = 100 * t + z
        planes.append(numpy.full((rows, columns), round(value / slope) + (0 if slopes is None else 1), "<i2"))
    out.PerFrameFunctionalGroupsSequence = Sequence(groups)
    out.PixelData = numpy.stack(planes).tobytes()
    out.save_as(path, write_like_original=False)


folder = sys.argv[1]
write(f"{folder}/in-order.dcm", [(0, z) for z in range(4)])
write(f"{folder}/falling.dcm", [(0, z) for z in (3, 2, 1, 0)])
write(f"{folder}/shuffled.dcm", [(0, z) for z in (2, 0, 3, 1)])
write(f"{folder}/shuffled-implicit.dcm", [(0, z) for z in (2, 0, 3, 1)], syntax=ImplicitVRLittleEndian)
write(f"{folder}/time-fastest.dcm", [(t, z) for z in range(3) for t in range(2)])
write(f"{folder}/slopes.dcm", [(0, z) for z in (4, 0, 2)], slopes=[2, 1, 0.5])
write(f"{folder}/own-orientation.dcm", [(0, z) for z in (1, 0, 2)], per_frame_orientation=True)
write(f"{folder}/two-stacks.dcm", [(0, 0), (0, 1), (0, 2), (0, 3)], per_frame_orientation=True, stacks=[0, 0, 1, 1])
write(f"{folder}/hole.dcm", [(0, 0), (1, 0), (0, 1)])
