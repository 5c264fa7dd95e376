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


Share = tuple[float, float]
REVERSED = "the rival is nearer"


def published_share(rival: str, reference: str) -> Share:
    """How large the composition's distance is in shares of a rival's: the least and the most of all edits."""
    at = REFERENCES.index(reference)
    shares = [edit["composition"][at] / edit[rival][at] for edit in PUBLISHED.values()]
    return min(shares), max(shares)


def our_share(ways: Figures, rival: str, reference: str) -> float | None:
    """The same for one edit of ours, whose `ways` have distances by reference; None where a figure is missing."""
    ours, theirs = (ways.get(way, {}).get(reference) for way in ("composition", rival))
    return ours / theirs if ours is not None and theirs else None


def verdict(share: float, published: Share) -> str:
    """Whether a share says what the paper's do: "as there", by "more" or by "less", or "the rival is nearer"."""
    least, most = published
    if share >= 1:
        return REVERSED
    return "less" if share > most else "more" if share < least else "as there"


def verdicts(figures: Figures) -> Iterator[tuple[str, str, str, float, str]]:
    """Part, rival, reference, share and verdict of each comparison of one source's edits."""
    for part, ways in figures.items():
        for rival in RIVALS:
            for reference in REFERENCES:
                if (share := our_share(ways, rival, reference)) is not None:
                    yield part, rival, reference, share, verdict(share, published_share(rival, reference))
