"""Where our results agree with the papers' and where they differ: sentences computed from the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganstudio.worlds.factors import FACTORS
from tests.evidence.frame import Records
from tests.evidence.steering import joint, paper, supervised, variability
from tests.evidence.steering.readings import WIDTH

NAMED = {factor.name: factor for factor in FACTORS}
LIKE = 0.2
"""Figures within this share of each other count as alike."""
FOLLOWED = 0.02
"""A walk that makes a smaller share of its edit makes none."""
AGREES, DIFFERS, UNSETTLED = "**Agrees with the paper**", "**Differs from the paper**", "**Unsettled**"
MOSTLY = "**Mostly agrees with the paper**"
UNCLEAR = "Nothing to compare yet.\n"


def kind_verdict(found: Records, names: Sequence[str]) -> str:
    """The paper: straight walks are as good as bent ones for such edits."""
    alike, apart, neither = [], [], []
    for name in (n for n in names if n in found):
        one, other = (found[name].figures[kind]["followed"] for kind in ("linear", "nonlinear"))
        words = f"{name} (straight {one:.2f}, bent {other:.2f})"
        if max(one, other) < FOLLOWED:
            neither.append(name)
            continue
        (alike if abs(one - other) <= LIKE * max(abs(one), abs(other)) else apart).append(words)
    lost = f" Neither follows {', '.join(neither)}." if neither else ""
    if not alike and not apart:
        return f"{UNSETTLED}.{lost}\n" if lost else UNCLEAR
    said = AGREES if not apart else DIFFERS
    return (f"{said}: it holds straight walks to be as good as bent ones. By the share of the edit that is made, "
            f"{len(alike)} of {len(alike) + len(apart)} pairs lie within {LIKE:.0%} of each other"
            + (f"; apart are {', '.join(apart)}" if apart else "") + f".{lost}\n")  # fmt: skip


def shift_verdict(found: Records) -> str:
    """The published walk: asked for 200 of 256 px it moved 46 to 49."""
    if "b-shift-x" not in found:
        return UNCLEAR
    f = found["b-shift-x"].figures
    share = (abs(f["mean"][0]) + abs(f["mean"][-1])) / 2 / paper.SHIFT_ASKED
    theirs = sum(paper.SHIFT_REACHED) / 2 / paper.SHIFT_ASKED
    said = UNSETTLED if share < FOLLOWED else AGREES if share < 0.5 else DIFFERS
    reach = NAMED["pan_x"].high * WIDTH
    return (f"{said}, whose walk moved far less than it was asked for: of 200 of 256 px {theirs:.0%}, ours {share:.0%} "
            f"(its data move by {reach:g} half sides either way, {reach / paper.SHIFT_ASKED:.0%} of that).\n")


def variability_verdict(found: Records) -> str:
    """The paper: reach correlates with the variability of a class in the training data."""
    ranks = {edit: found[f"c-{edit}"].figures["data"] for edit in variability.EDITS if f"c-{edit}" in found}
    ranks = {edit: f for edit, f in ranks.items() if f["rank"] is not None}
    if not ranks:
        return UNCLEAR
    sure = [edit for edit, f in ranks.items() if f["low"] is not None and f["low"] > 0]
    against = [edit for edit, f in ranks.items() if f["high"] is not None and f["high"] < 0]
    mostly = not against and 2 * len(sure) > len(ranks)
    said = AGREES if len(sure) == len(ranks) else MOSTLY if mostly else DIFFERS if against or not sure else UNSETTLED
    return (f"{said}: it says that reach correlates with variability. The interval lies above 0 for {len(sure)} of "
            f"{len(ranks)} edits ({', '.join(sure) or 'none'}), below 0 for {', '.join(against) or 'none'}.\n")


def joint_verdict(there: Mapping[str, Any], what: str) -> str:
    """The paper: joint training halves the error within the learned range, and the steps no longer shrink."""
    if set(there) != set(joint.WAYS):
        return UNCLEAR
    errors = {way: inside(f) for way, f in there.items()}
    flat = {way: f["flatness"] for way, f in there.items()}
    theirs = {way: paper.inside(row) for way, row in paper.JOINT.items()}
    ratio, published = errors["joint"] / errors["fixed"], theirs["joint"] / theirs["fixed"]
    augmented = errors["augmented"] / errors["fixed"]
    order = errors["joint"] < errors["augmented"] < errors["fixed"]
    said = AGREES if order and ratio <= published * (1 + LIKE) else UNSETTLED if ratio < 1 else DIFFERS
    return (f"{said} ({what}): within the learned range joint training leaves {ratio:.0%} of the fixed generator's "
            f"error (published {published:.0%}), augmented data {augmented:.0%} "
            f"(published {theirs['augmented'] / theirs['fixed']:.0%}). Of the middle step there is left at the ends "
            + ", ".join(f"{_share(flat[way])} ({way})" for way in joint.WAYS) + ".\n")  # fmt: skip


def inside(f: Mapping[str, Any]) -> float:
    """Mean error within what is learned, alpha 0 left out."""
    furthest = max(abs(alpha) for alpha in f["alphas"]) / joint.BEYOND
    found = [e for a, e in zip(f["alphas"], f["error"], strict=True) if 0 < abs(a) <= furthest * 1.001]
    return sum(found) / len(found)


def count_verdict(found: Records) -> str:
    """The paper: most visible directions are semantic, the more so in the lower layers."""
    if "f-stylegan2" not in found:
        return UNCLEAR
    groups = found["f-stylegan2"].figures["groups"]
    seen, semantic = (sum(g[key] for g in groups.values()) for key in ("visible", "semantic"))
    if not seen:
        return f"{DIFFERS}: no direction is visible at all.\n"
    share, theirs = semantic / seen, paper.semantic_share()
    said = AGREES if abs(share - theirs) <= LIKE * theirs else DIFFERS
    by_group = ", ".join(f"{name} {g['semantic'] / g['visible']:.0%}" if g["visible"] else f"{name} none visible"
                         for name, g in groups.items())
    return (f"{said}: {share:.0%} of StyleGAN2's visible directions move mainly one factor ({by_group}); of the "
            f"paper's {theirs:.0%} were called semantic by people, who may also name a mixture.\n")


def supervised_verdict(f: Mapping[str, Any]) -> str:
    """SeFa's paper: comparable to supervised directions."""
    means = {method: _means(f, method) for method in supervised.METHODS}
    told = "; ".join(f"{method} {one:.2f} and {pure:.2f}" for method, (one, pure) in means.items() if one >= 0)
    best = max(means["regression"][1], means["margin"][1])
    ratio = means["sefa"][1] / best if best > 0 else 0.0
    said = AGREES if ratio >= 1 - LIKE else DIFFERS
    shared = sorted(set(f["scores"]["steering"]) & set(f["scores"]["sefa"]))
    return (f"{said}, which calls SeFa comparable to supervised directions: its purity is {ratio:.0%} of the better "
            f"teacher's. Mean movement of the wanted factor, and mean purity: {told}. Over the {len(shared)} factors "
            f"that steering has edits for: {_over(f, shared)}.\n")  # fmt: skip


def _over(f: Mapping[str, Any], names: Sequence[str]) -> str:
    told = []
    for method in supervised.METHODS:
        found = [f["scores"][method][name]["purity"] for name in names]
        told.append(f"{method} {sum(found) / len(found):.2f}" if found else f"{method} none")
    return "purity " + ", ".join(told)


def _means(f: Mapping[str, Any], method: str) -> tuple[float, float]:
    found = list(f["scores"][method].values())
    if not found:
        return -1.0, 0.0
    return tuple(sum(each[key] for each in found) / len(found) for key in ("own", "purity"))  # type: ignore[return-value]


def _share(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.0%}"
