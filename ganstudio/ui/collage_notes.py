"""What to tell about a collage that shows less than the artist may think: a sentence, never a wrong picture."""

from __future__ import annotations

from ganstudio.document.collage import Collage, Part
from ganstudio.ui.part_geometry import Frame, in_frame
from ganstudio.ui.text import tr


def collage_note(collage: Collage, frame: Frame) -> str:
    """Why nothing, or not all, of the layers can be seen; else how many there are."""
    if not collage:
        return tr("No layers: the picture comes from the sliders alone.")
    unseen = [(p, why) for p in collage if (why := _unseen(p, frame))]
    if len(unseen) == len(collage.parts) > 1:
        return tr("No layer can be seen, so the picture comes from the sliders alone.")
    if unseen:
        part, why = unseen[0]
        more = tr(" (and {count} more)").format(count=len(unseen) - 1) if len(unseen) > 1 else ""
        return tr("“{name}” {why}{more}.").format(name=part.name, why=why, more=more)
    return tr("{frame} px · one layer", None).format(frame=_size(frame)) if len(collage.parts) == 1 else \
        tr("{frame} px · {count} layers").format(frame=_size(frame), count=len(collage.parts))


def _unseen(part: Part, frame: Frame) -> str:
    """Why a layer cannot be seen; empty when it can."""
    if not part.visible:
        return tr("is hidden")
    if part.opacity == 0:
        return tr("is fully transparent")
    if part.mask.bounds is None:
        return tr("is cut away completely: uncover it with Ctrl+D")
    return "" if in_frame(part, frame) else tr("lies beyond the frame")


def _size(frame: Frame) -> str:
    return f"{frame[0]} × {frame[1]}"
