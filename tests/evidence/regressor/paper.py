"""What the authors published, and where our figures tell another story.

Chai, Wulff and Isola, "Using latent space regression to analyze and leverage compositionality in GANs" (ICLR 2021):
masked L1 read off the bars of figures 14, 15 and of the one for adding windows, to within 0.01. Each is distances to
context, target and collage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.evidence.frame import Figures

REFERENCES = ("context", "target", "collage")
Distances = tuple[float, float, float]
PUBLISHED: Mapping[str, Mapping[str, Distances]] = {
    "Clouds (church, StyleGAN2)": {
        "composition": (0.26, 0.27, 0.26), "latent": (0.38, 0.375, 0.37), "pixel": (0.31, 0.325, 0.305)},
    "Smile (CelebA-HQ)": {
        "composition": (0.177, 0.278, 0.188), "latent": (0.285, 0.31, 0.288), "pixel": (0.245, 0.298, 0.25)},
    "Window (living room, ProGAN)": {
        "composition": (0.39, 0.155, 0.273), "latent": (0.515, 0.282, 0.398), "pixel": (0.447, 0.317, 0.38)},
}
RIVALS = {"latent": "latent α-blend", "pixel": "pixel α-blend"}


def published_share(rival: str, reference: str) -> tuple[float, float]:
    """How large the composition's distance is in shares of a rival's: the least and the most of all edits."""
    at = REFERENCES.index(reference)
    shares = [edit["composition"][at] / edit[rival][at] for edit in PUBLISHED.values()]
    return min(shares), max(shares)


def differences(source: str, figures: Figures) -> Iterator[str]:
    """One sentence for each comparison of ours that comes out on the other side, or outside of the published range.

    `figures` are those of a source's edits: by part, by way, by reference.
    """
    for part, ways in figures.items():
        for rival, words in RIVALS.items():
            for reference in REFERENCES:
                ours, theirs = ways["composition"][reference], ways[rival][reference]
                if ours is not None and theirs and (told := _difference(rival, reference, ours, theirs)):
                    yield f"{part}, {source}: composition lies {ours:.3f} from the {reference}, the {words} " \
                          f"{theirs:.3f}; {told}"


def _difference(rival: str, reference: str, ours: float, theirs: float) -> str:
    """Empty where the composition is ahead by as much as in the paper's edits."""
    share = ours / theirs
    least, most = published_share(rival, reference)
    if share >= 1:
        return f"in the paper the composition is nearer in all three edits ({least:.2f} to {most:.2f} times as far)."
    if least <= share <= most:
        return ""
    more = "but by less" if share > most else "and by more"
    return f"it is nearer, as in the paper, {more} ({share:.2f} times as far, there {least:.2f} to {most:.2f})."
