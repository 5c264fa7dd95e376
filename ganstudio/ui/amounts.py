"""Durations and sizes as people say them."""

from __future__ import annotations

from ganstudio.ui.text import tr


def span(seconds: float) -> str:
    """A duration, such as 8 s, 3 min or 2 h 10 min."""
    if seconds < 1:
        return tr("under 1 s")
    if seconds < 90:
        return tr("{n} s").format(n=round(seconds))
    minutes = round(seconds / 60)
    if minutes < 90:
        return tr("{n} min").format(n=minutes)
    return tr("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def size(count: int) -> str:
    """An amount of bytes, such as 120 KB, 3.4 MB or 12 GB."""
    amount, unit = count / 1024, tr("KB")
    for larger in (tr("MB"), tr("GB"), tr("TB")):
        if amount < 1000:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.1f} {unit}" if amount < 10 and unit != tr("KB") else f"{max(1, round(amount))} {unit}"
