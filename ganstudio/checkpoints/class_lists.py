"""The names of classes in data sets that many models learned from, in the order of their numbers."""

from __future__ import annotations

from ganstudio.resources import resource

CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def imagenet() -> tuple[str, ...]:
    """ImageNet's 1000; none where the list is missing."""
    try:
        return tuple(resource("classes", "imagenet.txt").read_text(encoding="utf-8").splitlines())
    except OSError:
        return ()
