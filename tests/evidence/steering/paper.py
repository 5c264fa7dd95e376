"""What the authors published, to stand beside ours: figures read from their program's output, their pages and tables.

Jahanian, Chai, Isola (ICLR 2020), its released program and figures; Shen, Zhou (CVPR 2021), as summarised. The steering
paper's correlation coefficients and Fréchet distances over alpha, and SeFa's table of re-scoring, were not to be had:
of these only what is stated in words is compared.
"""

from __future__ import annotations

JOINT_ALPHAS = (-30, -24, -18, -12, -6, 0, 6, 12, 18, 24, 30)
"""Degrees, of which 20 were learned; DCGAN on MNIST, mean squared error in 0..1."""
JOINT = {
    "fixed": (0.09, 0.07, 0.06, 0.04, 0.02, 0.0, 0.02, 0.04, 0.07, 0.10, 0.12),
    "augmented": (0.07, 0.06, 0.04, 0.03, 0.01, 0.0, 0.01, 0.04, 0.07, 0.10, 0.12),
    "joint": (0.04, 0.03, 0.02, 0.01, 0.01, 0.0, 0.01, 0.02, 0.04, 0.07, 0.11),
}
SHIFT_ASKED, SHIFT_REACHED = 200 / 128, (46 / 128, 49 / 128)
"""Asked for 200 of 256 pixels, BigGAN's straight walk moved what the detector found by 46 and 49; in half sides."""
SEFA = {
    "Anime Face": ("12/12", "26/26", "38/50"), "LSUN Cat": ("14/15", "21/28", "47/50"),
    "LSUN Car": ("10/10", "16/22", "22/34"), "LSUN Church": ("15/15", "18/26", "48/50"),
    "Streetscape": ("9/9", "12/18", "15/36"),
}
"""Semantic of visible directions among the first 50, by layer group: 0-1, 2-5, 6 and up."""


def semantic_share() -> float:
    """The share of visible directions that the paper calls semantic, over all its tables."""
    pairs = [tuple(map(int, cell.split("/"))) for row in SEFA.values() for cell in row]
    return sum(one for one, _ in pairs) / sum(of for _, of in pairs)


def inside(row: tuple[float, ...]) -> float:
    """The paper's mean error within the range learned, alpha 0 left out."""
    return _mean([e for a, e in zip(JOINT_ALPHAS, row, strict=True) if 0 < abs(a) <= 20])


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
