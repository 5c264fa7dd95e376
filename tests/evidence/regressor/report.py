"""The report of the regressor's study: tables of what was found, and in words computed from them where we differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.evidence.frame import NOT_RUN, Records, figure, pictures, table
from tests.evidence.regions import PARTS
from tests.evidence.regressor import blends, encoders, paper, variants, visibility
from tests.evidence.regressor.scenes import SOURCES

TITLE = """# The latent regressor, measured

Landscapes are drawn from factors that are known, so it is known to the pixel where a house, the trees and the sky are.
Distances are mean absolute differences of colours in -1..1 (lower is nearer), over the pixels that count, of pictures
at most 256 px a side. Realism is the Fréchet distance to the world's own pictures in the features of a factor reader
(lower is more real); it depends on how many pictures are compared, so compare it within one table alone. Renders are
the world's pictures, which to the model are photos; samples are its own, with parts found by the factor reader.
"""
Found = str | float | None


def report(found: Records) -> str:
    """All of it, in Markdown; what has not been run says so."""
    return "\n".join([TITLE, _blends(found), _paper(found), _independence(found), _encoders(found), _variants(found),
                      _visibility(found)])


def _blends(found: Records) -> str:
    parts = ["## One part replaced\n", BLENDS]
    for source in SOURCES:
        name = f"blends-{source}"
        rows = [[part, words, *(figure(found, name, part, way, key) for key in (*paper.REFERENCES, "realism"))]
                for part in PARTS for way, (words, _) in blends.WAYS.items()]
        counts = ", ".join(f"{part} {figure(found, name, part, 'count')}" for part in PARTS)
        parts.append(f"### {source.capitalize()}\n\nPairs: {counts}.\n\n"
                     + table(("part", "way", "to context", "to target", "to collage", "realism"), rows)
                     + pictures(found, name))
    return "\n".join(parts)


BLENDS = """Composition is shown the collage, with what is left of the old part hidden. To context: where neither part
is. To target: where the new part is. To collage: wherever the regressor is shown something. The α-blends mix the two
whole pictures half and half. Poisson blending and the collage itself keep every pixel outside of the part, so their
distances say nothing; their realism does.
"""


def _paper(found: Records) -> str:
    rows = [[edit, blends.WAYS[way][0], *distances] for edit, ways in paper.PUBLISHED.items()
            for way, distances in ways.items()]
    told = "\n".join(f"- {source.capitalize()}: {_where_we_differ(found, source)}" for source in SOURCES)
    return (f"### Beside the paper\n\nThe authors' figures, on other models and pictures, read off bars (±0.01):\n\n"
            f"{table(('edit', 'way', 'to context', 'to target', 'to collage'), rows)}\nHow many times as far as a "
            f"rival the composition lies; below 1 it is nearer:\n\n{_shares(found)}\nWhere ours differ:\n\n{told}\n")


def _shares(found: Records) -> str:
    columns = [(rival, reference) for rival in paper.RIVALS for reference in paper.REFERENCES]
    ranges = [paper.published_share(*column) for column in columns]
    published = ["the paper", *(f"{least:.2f} to {most:.2f}" for least, most in ranges)]
    rows = [[f"{part}, {source}", *_our_shares(found, source, part, columns)] for source in SOURCES for part in PARTS]
    header = ("edit", *(f"{paper.RIVALS[rival]}, {reference}" for rival, reference in columns))
    return table(header, [published, *rows])


def _our_shares(found: Records, source: str, part: str, columns: Sequence[tuple[str, str]]) -> list[Found]:
    if (record := found.get(f"blends-{source}")) is None:
        return [NOT_RUN for _ in columns]
    shares = [paper.our_share(record.figures[part], *column) for column in columns]
    return [None if share is None else f"{share:.2f}" for share in shares]


def _where_we_differ(found: Records, source: str) -> str:
    if (record := found.get(f"blends-{source}")) is None:
        return NOT_RUN
    told = list(paper.verdicts(record.figures))
    if not told:
        return "there were too few pictures to compare."
    sides = Counter(said for *_, said in told)
    counts = f"{sides['as there']} as much, {sides['more']} more, {sides['less']} less"
    against = [f"{part} to {reference} ({paper.RIVALS[rival]}, {share:.2f})"
               for part, rival, reference, share, said in told if said == paper.REVERSED]
    nearer = len(told) - len(against)
    words = (f"in the paper the composition is nearer than both rivals in all comparisons; here in {nearer} of "
             f"{len(told)} ({counts}).")
    return f"{words} The rival is nearer in {', '.join(against)}." if against else words


def _independence(found: Records) -> str:
    rows = [[part, *(figure(found, "independence", part, way, key) for way in ("composition", "latent")
                     for key in ("outside", "inside", "share"))] for part in PARTS]
    header = ("part", "composition: outside", "inside", "outside / inside", "latent α-blend: outside", "inside",
              "outside / inside")
    apart = figure(found, "independence", "apart")
    return (f"## What moves when a part is replaced\n\nMean absolute change of the regenerated picture, outside and "
            f"inside of the region of the old and the new part. Two unrelated pictures differ by {_number(apart)}. "
            f"The paper shows such maps, and publishes no figures.\n\n{table(header, rows)}"
            f"{pictures(found, 'independence')}\n")


def _encoders(found: Records) -> str:
    parts = ["## One pass, optimisation, autoencoder\n", ENCODERS]
    for task, words in encoders.TASKS.items():
        parts.append(f"### {words.capitalize()}\n\n{_few(found, task)}\n{_many(found, task)}")
    shown = "".join(pictures(found, f"encoders-{name}") for name in encoders.NAMES if name != "given")
    return "\n".join([*parts, f"{shown}\n### In words\n", *_encoders_told(found)])


ENCODERS = """The pictures themselves are the floor. “Trained briefly” are an encoder and an autoencoder that saw
equally few samples: the same encoder, and for a decoder the generator's own network with fresh weights. L1: to the
whole picture; visible: where something was shown; looks: in the eyes the program has for this model.
"""


def _few(found: Records, task: str) -> str:
    keys = ("l1", "visible", "looks", "realism")
    rows = [[words, *(figure(found, f"encoders-{name}", task, "few", key) for key in keys),
             figure(found, f"encoders-{name}", task, "seconds")] for name, words in encoders.NAMES.items()]
    return table(("the first few pictures", "L1", "visible", "looks", "realism", "seconds a picture"), rows)


def _many(found: Records, task: str) -> str:
    keys = ("count", "l1", "visible", "looks", "realism", "precision", "recall", "density", "coverage")
    names = [name for name in encoders.NAMES if name not in ("refined", "optimised")]
    rows = [[encoders.NAMES[name], *(figure(found, f"encoders-{name}", task, key) for key in keys)] for name in names]
    return table(("all pictures", *keys), rows)


def _encoders_told(found: Records) -> Iterator[str]:
    keys = ("few", "l1"), ("few", "realism"), ("seconds",)
    ours = _of(found, "encoders-regressor", *(("samples", *key) for key in keys))
    for rival in ("refined", "optimised"):
        theirs = _of(found, f"encoders-{rival}", *(("samples", *key) for key in keys))
        yield f"- {encoders.NAMES[rival]}: {NOT_RUN if ours is None or theirs is None else _optimised(ours, theirs)}\n"
    ours, theirs = (_of(found, f"encoders-{name}", ("half", "l1"), ("half", "realism"))
                    for name in ("short", "autoencoder"))
    told = NOT_RUN if ours is None or theirs is None else _autoencoded(ours, theirs)
    yield f"- {encoders.NAMES['autoencoder']}, half hidden: {told}\n"


def _optimised(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """L1, realism and seconds of one pass and of optimising, in words."""
    return (f"{theirs[2] / ours[2]:.0f} times as long as one pass, L1 {theirs[0]:.3f} against {ours[0]:.3f}, realism "
            f"{theirs[1]:.2f} against {ours[1]:.2f}. The paper has one pass against up to a minute, and calls it a "
            f"trade-off: {_trade(theirs[0] < ours[0], theirs[1] < ours[1])}")


def _autoencoded(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """L1 and realism of a brief regressor and of an autoencoder, in words."""
    return (f"L1 {theirs[0]:.3f} against the regressor's {ours[0]:.3f}, realism {theirs[1]:.2f} against {ours[1]:.2f}. "
            f"The paper's figures are not published in numbers; it says that a GAN's latents give the more real "
            f"pictures: {'so it is here.' if ours[1] < theirs[1] else 'here they do not.'}")


def _trade(nearer: bool, more_real: bool) -> str:
    """What optimising gains and loses, in words."""
    if nearer and more_real:
        return "here optimising is nearer and more real, so there is none."
    if nearer or more_real:
        return f"here, too: optimising is {'nearer but less real' if nearer else 'more real but less near'}."
    return "here optimising is neither nearer nor more real, so there is none."


def _variants(found: Records) -> str:
    shares = [(f"{cutoff:g}", key) for cutoff in variants.CUTOFFS for key in ("visible", "whole", "realism")]
    composed = [("collages", key) for key in ("visible", "realism", "precision", "recall", "density", "coverage")]
    tables = [table(("shown", *(f"{key} ({_share(found, group)})" for group, key in keys)), _shown(found, keys))
              for keys in (shares, composed)]
    shown = "".join(pictures(found, f"variants-{name}") for name in (*variants.NAMES, variants.GIVEN))
    return (f"## What an encoder is shown\n\nThree encoders, each trained briefly on as many samples; in brackets the "
            f"visible share, or collages of four pictures' parts.\n\n{tables[0]}\n{tables[1]}\n"
            f"{_variants_told(found)}\n{shown}\n")


def _shown(found: Records, keys: Sequence[tuple[str, str]]) -> list[list[Found]]:
    names = {**variants.NAMES, variants.GIVEN: "The regressor measured above"}
    return [[words, *(figure(found, f"variants-{name}", *_path(key)) for key in keys)] for name, words in names.items()]


def _path(key: tuple[str, str]) -> tuple[str, str]:
    group, name = key
    return (group if group == "collages" else str(float(group)), name)


def _share(found: Records, group: str) -> str:
    if group == "collages":
        return group
    share = next((s for name in variants.NAMES
                  if isinstance(s := figure(found, f"variants-{name}", str(float(group)), "share"), float)), None)
    return f"cutoff {group}" if share is None else f"{share:.0%}"


def _variants_told(found: Records) -> str:
    distances = {words: figure(found, f"variants-{name}", "collages", "realism")
                 for name, words in variants.NAMES.items()}
    if not all(isinstance(x, float) for x in distances.values()):
        return f"In the paper RGB and mask tends to the lowest distance on composites; here: {NOT_RUN}."
    best = min(distances, key=lambda words: distances[words])
    agrees = "and so it is here" if best == variants.NAMES["rgbm"] else f"but here it is {best}"
    told = ", ".join(f"{words} {distance:.2f}" for words, distance in distances.items())
    return f"In the paper RGB and mask tends to the lowest distance on composites, {agrees} ({told})."


def _visibility(found: Records) -> str:
    keys = ("share", "visible", "hidden", "whole", "looks", "realism")
    rows = [[f"{cutoff:g}", *(figure(found, "visibility", str(cutoff), key) for key in keys)]
            for cutoff in visibility.CUTOFFS]
    return (f"## How much must be visible\n\n{table(('cutoff', *keys), rows)}{pictures(found, 'visibility')}\n"
            f"The paper publishes no such curve.")


def _number(value: Found) -> str:
    return f"{value:.3f}" if isinstance(value, float) else NOT_RUN


def _of(found: Records, experiment: str, *paths: Sequence[str]) -> list[float] | None:
    """Those figures of an experiment; None unless all are there."""
    values = [figure(found, experiment, *path) for path in paths]
    return values if all(isinstance(value, float) for value in values) else None
