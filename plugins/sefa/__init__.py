"""SeFa: finds directions in any generator by factorising the first linear map of its layers.

Shen and Zhou, "Closed-Form Factorization of Latent Semantics in GANs" (CVPR 2021). `factorise` holds the maths,
`finder` turns it into directions.
"""

from __future__ import annotations

from ganstudio.api import Registry
from ganstudio_plugins.sefa.finder import SeFaFinder


def register(registry: Registry) -> None:
    """Hand in the finder."""
    registry.add_finder(SeFaFinder())
