"""Writing Photoshop's files: layers as 8-bit RGB with transparency, in PackBits, and the merged picture after them.

The structures are psd-tools' own, filled in here, since its editing front door composites everything anew to save.
Source: Adobe Photoshop File Formats Specification.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from psd_tools.constants import BlendMode, ChannelID, Compression, ProtectedFlags, SectionDivider, Tag
from psd_tools.psd import PSD
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_data import ImageData
from psd_tools.psd.layer_and_mask import (
    ChannelData,
    ChannelDataList,
    ChannelImageData,
    ChannelInfo,
    LayerAndMaskInformation,
    LayerFlags,
    LayerInfo,
    LayerRecord,
    LayerRecords,
)
from psd_tools.psd.tagged_blocks import TaggedBlocks

from ganstudio.render.layered.photoshop import MODES
from ganstudio.render.layered.stack import Levels, Raster, Size, group_title, plain

CHANNELS = (ChannelID.TRANSPARENCY_MASK, ChannelID.CHANNEL_0, ChannelID.CHANNEL_1, ChannelID.CHANNEL_2)


class PhotoshopWriter:
    """Takes layers, lowest first, then the picture they make together."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._records: list[LayerRecord] = []
        self._channels: list[ChannelDataList] = []
        self._group, self._groups = "", 0

    def add(self, raster: Raster) -> None:
        """One more layer, on top of all before it."""
        if raster.group != self._group:
            self._close_group()
            self._open_group(raster.group)
        (width, height), name = raster.size, plain(raster.name)
        record = _record(name, top=raster.y, left=raster.x, bottom=raster.y + height, right=raster.x + width,
                         blend_mode=MODES[raster.blend], opacity=round(255 * raster.opacity),
                         flags=LayerFlags(visible=raster.visible))
        if raster.locked:
            record.tagged_blocks.set_data(Tag.PROTECTED_SETTING, int(ProtectedFlags.COMPLETE))
        self._append(record, [raster.alpha, *np.moveaxis(raster.rgb, 2, 0)], (width, height))

    def finish(self, merged: Levels) -> bytes:
        """The file's bytes; `merged` is uint8 [h, w, 4], what all visible layers make together."""
        self._close_group()
        clear = bool((merged[..., 3] < 255).any())
        width, height = self._size
        header = FileHeader(channels=4 if clear else 3, width=width, height=height)
        # a count below 0 says that the first channel after the colours is the merged picture's transparency
        records, channels = LayerRecords(), ChannelImageData()
        records.extend(self._records)
        channels.extend(self._channels)
        info = LayerInfo(-len(records) if clear else len(records), records, channels)
        whole = ImageData(compression=Compression.RLE)
        whole.set_data([plane.tobytes() for plane in np.moveaxis(_on_white(merged)[..., :header.channels], 2, 0)],
                       header)
        stream = io.BytesIO()
        PSD(header, layer_and_mask_information=LayerAndMaskInformation(layer_info=info), image_data=whole).write(
            stream, encoding="ascii")
        return stream.getvalue()

    def _open_group(self, group: str) -> None:
        """Groups begin, from below, with a divider that has no name on screen."""
        self._group = group
        if group:
            self._groups += 1
            self._divide("</Layer group>", SectionDivider.BOUNDING_SECTION_DIVIDER)

    def _close_group(self) -> None:
        if self._group:
            self._divide(plain(group_title(self._group, self._groups)), SectionDivider.OPEN_FOLDER)
            self._group = ""

    def _divide(self, name: str, kind: SectionDivider) -> None:
        mode = BlendMode.PASS_THROUGH if kind == SectionDivider.OPEN_FOLDER else BlendMode.NORMAL
        record = _record(name, blend_mode=mode)
        record.tagged_blocks.set_data(Tag.SECTION_DIVIDER_SETTING, kind=kind, signature=b"8BIM", blend_mode=mode)
        self._append(record, [np.empty((0, 0), np.uint8)] * len(CHANNELS), (0, 0))

    def _append(self, record: LayerRecord, planes: list[Levels], size: Size) -> None:
        channels = ChannelDataList()
        for channel, plane in zip(CHANNELS, planes, strict=True):
            data = ChannelData(Compression.RLE if plane.size else Compression.RAW)
            if plane.size:
                data.set_data(plane.tobytes(), *size, 8)
            record.channel_info.append(ChannelInfo(channel, len(data.data) + 2))
            channels.append(data)
        self._records.append(record)
        self._channels.append(channels)


def _record(name: str, **values: Any) -> LayerRecord:
    """A layer of that name: in full in a block of its own, in plain letters where old programs look."""
    blocks = TaggedBlocks()
    blocks.set_data(Tag.UNICODE_LAYER_NAME, name)
    return LayerRecord(channel_info=[], name=name.encode("ascii", "replace").decode()[:31], tagged_blocks=blocks,
                       **values)


def _on_white(merged: Levels) -> Levels:
    """Photoshop's merged pictures are laid on white, with their transparency beside."""
    alpha = merged[..., 3:].astype(np.float32) / 255
    laid = merged[..., :3] * alpha + 255 * (1 - alpha)
    return np.dstack([np.rint(laid).astype(np.uint8), merged[..., 3]])
