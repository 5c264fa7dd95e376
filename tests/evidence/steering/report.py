"""The report of the study: tables of what was found, and in words computed from them where we and the papers differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.evidence.frame import NOT_RUN, Records, pictures, table
from tests.evidence.steering import counts, distributions, joint, kinds, paper, supervised, variability
from tests.evidence.steering.verdicts import (
    count_verdict,
    joint_verdict,
    kind_verdict,
    shift_verdict,
    supervised_verdict,
    variability_verdict,
)
from tests.evidence.steering.workshop import WHOLE

TITLE = f"""# Steering and SeFa, measured

Landscapes are drawn from factors that are known, and a factor reader, trained on renders alone, says of any picture
where its camera stands and what light falls on it: it takes the place of the detectors and raters of the papers. Its
readings are told divided by the slope with which they follow the truth; factors it hardly sees are left out. Models are
of 32 px: those of the families are the ones that ship or by the recipes of those, and what is trained for evidence
alone takes {WHOLE.minutes:g} minutes at most, so these are figures of small models. Alphas are those of the edits:
logarithms of the zoom, shares of half a side, parts of 45 degrees. All walks are learned by L2, from
{WHOLE.walk_kimg:g} thousand samples; the authors took 2 to 60 thousand, and LPIPS for some.
"""


def report(found: Records) -> str:
    """All of it, in Markdown; what has not been run says so."""
    parts = [TITLE, _models(found), _kinds(found), _families(found), _distributions(found), _variability(found),
             _joint(found), _counts(found), _supervised(found)]  # fmt: skip
    return "\n".join(parts)


def _models(found: Records) -> str:
    told = {str(f["model"]["fingerprint"]): f["model"] for f in (r.figures for r in found.values()) if "model" in f}
    rows = [[each["name"], "ships" if each.get("shipped") else "trained here", _trained(each["trained"]), weights]
            for weights, each in told.items()]
    return f"## Models\n\n{table(('model', 'where from', 'trained', 'weights'), rows or [[NOT_RUN, None, None, None]])}"


def _trained(told: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in told.items())


def _kinds(found: Records) -> str:
    rows = [row for edit in kinds.EDITS for row in _kind_rows(found, "stylegan2", edit)]
    names = [kinds.name_of("stylegan2", edit) for edit in kinds.EDITS]
    return "\n".join(["## (a) Linear against non-linear\n", KINDS, table(KIND_HEAD, rows), kind_verdict(found, names),
                      *(pictures(found, name) for name in names)])  # fmt: skip


KINDS = """Asked and reached: the true factor at the two ends of what is learned. Error: mean square of pixels in 0..1
against the edited picture where it says something, mean over all alphas. Last step: what is left, at the ends, of the
picture's steps in the middle; below 1 it saturates. Distance: Fréchet, to the data, at the ends (at rest in brackets).
"""
KIND_HEAD = ("edit", "walk", "factor", "asked", "reached", "share of the edit made", "error", "last step", "distance")


def _kind_rows(found: Records, family: str, edit: str) -> list[list[Any]]:
    name = kinds.name_of(family, edit)
    if name not in found:
        return [[edit, kind, NOT_RUN, *[None] * 6] for kind in kinds.KINDS]
    return [[edit, kind, *_kind_cells(found[name].figures[kind])] for kind in kinds.KINDS]


def _kind_cells(f: Any) -> list[Any]:
    rest, ends = f["distance"][len(f["alphas"]) // 2], (f["distance"][0] + f["distance"][-1]) / 2
    return [f"{f['factor']}, {f['unit']}", _ends(f["asked"]), _ends(f["reached"]), f["followed"],
            f"{_mean(f['error']):.4f}", f["flatness"], f"{ends:.2f} ({rest:.2f})"]  # fmt: skip


def _families(found: Records) -> str:
    rows = [[family, *row] for family in kinds.FAMILIES for edit in kinds.EDITS
            for row in _kind_rows(found, family, edit)]
    names = [kinds.name_of(family, edit) for family in kinds.FAMILIES for edit in kinds.EDITS]
    return "\n".join(["## (e) The same across four families\n", table(("family", *KIND_HEAD), rows),
                      kind_verdict(found, names), *(pictures(found, name) for name in names if name[0] == "e")])


def _distributions(found: Records) -> str:
    parts = ["## (b) Attribute distributions against alpha\n", DISTRIBUTIONS]
    for edit in distributions.ALPHAS:
        name = f"b-{edit}"
        if name not in found:
            parts.append(f"### {edit}\n\n{NOT_RUN}\n")
            continue
        f = found[name].figures
        keys = ("asked", "mean", "deviation", "with_rest", "with_data", "entropy")
        rows = [[f"{alpha:.2f}", *(f[key][i] for key in keys)] for i, alpha in enumerate(f["alphas"])]
        head = ("alpha", "asked", f"mean {f['factor']} moved", "deviation", "shared with rest", "shared with data",
                "entropy, bits")
        parts += [f"### {edit} ({f['factor']}, {f['unit']}; entropy of the data {f['entropy_data']:.2f})\n",
                  table(head, rows), pictures(found, name)]  # fmt: skip
    return "\n".join([*parts, shift_verdict(found)])


DISTRIBUTIONS = """Readings of the factor in samples of StyleGAN2 along the straight walk, over the authors' alphas for
testing. Shared: the area two histograms (50 bins, each of area 1) have in common.
"""


def _variability(found: Records) -> str:
    rows = []
    for edit in variability.EDITS:
        f = found[f"c-{edit}"].figures if f"c-{edit}" in found else None
        rows.append([edit, NOT_RUN, None, None, None] if f is None else
                    [edit, _rank(f["data"]), _rank(f["samples"]), *_by_width(f["points"])])
    head = ("edit", "rank correlation with the spread of the data", "with that of the samples at rest",
            "reach, narrowest classes", "reach, widest classes")
    return "\n".join(["## (c) Reach and the variability of the training data\n", VARIABILITY, table(head, rows),
                      variability_verdict(found), *(pictures(found, f"c-{edit}") for edit in variability.EDITS)])


VARIABILITY = """One class-conditional BigGAN of sixteen classes: each season at four widths of the camera and colour
ranges. Reach: how far one walk, the same for all classes, moves the mean of the factor either way. In brackets the
95 % interval when the classes are drawn again with replacement.
"""


def _rank(f: Any) -> str:
    low, high = (f"{f[key]:.2f}" if f[key] is not None else "?" for key in ("low", "high"))
    return "undefined" if f["rank"] is None else f"{f['rank']:.2f} ({low} to {high})"


def _by_width(points: Sequence[Any]) -> list[float]:
    widths = sorted({p["width"] for p in points})
    return [_mean([p["reach"] for p in points if p["width"] == width]) for width in (widths[0], widths[-1])]


def _joint(found: Records) -> str:
    parts = ["## (d) Fixed, augmented, joint\n", JOINT, "Published (DCGAN on MNIST, degrees, 20 of them learned):\n",
             table(("error", *map(str, paper.JOINT_ALPHAS)), [[way, *row] for way, row in paper.JOINT.items()])]
    for edit in joint.EDITS:
        for family in joint.FAMILIES:
            parts += _joint_tables(found, edit, family)
    return "\n".join(parts)


JOINT = f"""All three begin as the same model and see {WHOLE.more:g} thousand more pictures. Error: mean square of
pixels in 0..1 against the edited picture, where it says something. Step: between neighbouring columns, root mean
square in levels. Distance: Fréchet, to data that are not edited.
"""


def _joint_tables(found: Records, edit: str, family: str) -> list[str]:
    names = {way: f"d-{edit}-{family}-{way}" for way in joint.WAYS}
    there = {way: found[name].figures for way, name in names.items() if name in found}
    title = f"### {family}, {edit}\n"
    if not there:
        return [title, f"{NOT_RUN}\n"]
    some = next(iter(there.values()))
    heads = [f"{asked:.3g}" for asked in some["asked"]]
    kinds_of = (("error", f"error at {some['unit']}", 4, 0), ("changes", f"step up to {some['unit']}", 2, 1),
                ("reached", f"moved ({some['factor']})", 2, 0), ("distance", "distance to the data", 2, 0))  # fmt: skip
    tables = [table((words, *heads[skip:]), [[way, *_row(there.get(way), key, digits, len(heads) - skip)]
                                             for way in joint.WAYS]) for key, words, digits, skip in kinds_of]
    return [title, *tables, joint_verdict(there, f"{family}, {edit}"),
            *(pictures(found, name) for name in (*names.values(), f"d-{edit}-{family}-{joint.LOOKS}"))]  # fmt: skip


def _row(figures: Any, key: str, digits: int, count: int) -> list[str | None]:
    if figures is None:
        return [NOT_RUN] + [None] * (count - 1)
    return [f"{value:.{digits}f}" for value in figures[key]]


def _counts(found: Records) -> str:
    rows: list[list[Any]] = [[f"{name} (published)", *cells, None] for name, cells in paper.SEFA.items()]
    for family in counts.FAMILIES:
        groups = found[f"f-{family}"].figures["groups"] if f"f-{family}" in found else None
        rows.append([family, NOT_RUN, None, None, None] if groups is None else
                    [family, *(_count(groups.get(name)) for name in (*counts.GROUPS, "all"))])
    head = ("semantic / visible", "bottom (0-1)", "middle (2-5)", "top (6-)", "all")
    return "\n".join(["## (f) How many of SeFa's first 50 directions mean something\n", COUNTS, table(head, rows),
                      _legible(found), count_verdict(found),
                      *(pictures(found, f"f-{name}") for name in counts.FAMILIES)])  # fmt: skip


def _legible(found: Records) -> str:
    """Which factors count, and how well they are read."""
    told = next((found[f"f-{family}"].figures["legible"] for family in counts.FAMILIES if f"f-{family}" in found), {})
    factors = ", ".join(f"{name} {value:.2f}" for name, value in told.items())
    return f"Factors that can be read, with the correlation of reading and truth: {factors or NOT_RUN}.\n"


COUNTS = f"""In the paper people counted. Here a direction is visible when pictures change by {counts.VISIBLE:g} levels
or more at the ends of its slider, and semantic when it moves mainly one true factor: by {counts.LEAST:g} standard
deviations or more, with {counts.MAINLY:.0%} or more of all movement. Families that are edited in z have no groups.
"""


def _count(group: Any) -> str | None:
    if group is None:
        return None
    of = "" if group["count"] == 50 else f" of {group['count']}"
    return f"{group['semantic']}/{group['visible']}{of}: {', '.join(group['factors']) or 'none'}"


def _supervised(found: Records) -> str:
    head, title = "## (g) Supervised directions, SeFa and steering\n", SUPERVISED
    if "g" not in found:
        return f"{head}\n{title}\n{NOT_RUN}\n"
    f = found["g"].figures
    rows = [[name, method, each["own"], each["others"], each["purity"], each["next"]] for name in f["attributes"]
            for method in supervised.METHODS if (each := _score(f, method, name))]
    cosines = [[method, f["cosine"][method], len(f["scores"][method])] for method in supervised.METHODS]
    columns = ("attribute", "direction", "own factor moved", "all others", "purity", "most of the others")
    return "\n".join([head, title, table(columns, rows), supervised_verdict(f), pictures(found, "g"),
                      "Mean absolute cosine between the directions of a method (w+):\n",
                      table(("method", "cosine", "directions"), cosines)])  # fmt: skip


SUPERVISED = f"""Re-scoring on held-out pictures of StyleGAN2, each direction at the alpha where pictures change by
{supervised.LEVELS:g} levels; movements in standard deviations of the data. Purity: the wanted factor's share of all
movement, by squares. Regression and margin are fitted in w to readings of samples (ridge, and a linear SVM between the
fifth with the most and the fifth with the least of the attribute, as InterFaceGAN fits to labels). SeFa's is the purest
of the first ten directions in every layer group, chosen on other pictures.
"""


def _score(f: Any, method: str, name: str) -> Any:
    scores = f["scores"][method]
    return scores.get(name)


def _ends(values: Sequence[float | None]) -> str | None:
    if values[0] is None or values[-1] is None:
        return None
    return f"{values[0]:.2f} / {values[-1]:.2f}"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
