"""Documents as hypothesis draws them, and what it means for two to be equal."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ganstudio.document.collage import BLENDS, Collage, Part, Picture, Placement, Source
from ganstudio.document.document import Document, ModelRef
from ganstudio.document.latent import Base, Direction, Edit, Latent, layers_of, same_array
from ganstudio.document.mask import rectangle
from ganstudio.document.refinement import Refinement
from ganstudio.document.response import Response
from ganstudio.document.sequence import ALPHA, BASE, EASINGS, LOOPS, PSI, Key, Sequence, Track, same_value
from ganstudio.document.steps import StepLayers, StepNetwork

DIM = 5
PART_FIELDS = ("id", "name", "placement", "opacity", "feather", "blend", "match", "visible", "locked", "group")
finite = st.floats(-1e6, 1e6)
texts = st.text(max_size=12)
layer_choices = st.sets(st.integers(0, 17), max_size=8).map(layers_of)
json_values = st.recursive(st.none() | st.booleans() | st.integers(-2**60, 2**60) | finite | texts,
                           lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
                           max_leaves=6)  # fmt: skip


def arrays(*shape: int) -> st.SearchStrategy[np.ndarray]:
    return hnp.arrays(np.float32, shape, elements=st.floats(-100, 100, width=32))


def bases(classes: int) -> st.SearchStrategy[Base]:
    label = arrays(classes) if classes else st.none()
    return st.builds(Base, arrays(DIM), st.none() | st.integers(0, 2**32 - 1), label, st.none() | arrays(4, DIM),
                     st.floats(0.01, 1))  # fmt: skip


@st.composite
def directions(draw: st.DrawFn, name: str) -> Direction:
    space = draw(st.sampled_from(["z", "w"]))
    vector = draw(arrays(DIM) if space == "z" else arrays(DIM) | arrays(4, DIM))
    low, high = sorted(draw(st.lists(st.floats(-50, 50), min_size=2, max_size=2, unique=True)))
    return Direction(name, draw(texts), space, vector, draw(layer_choices), draw(st.sampled_from(["f1", "a-B_9"])),
                     (low, high), draw(st.none() | st.floats(0, 1)), draw(texts),
                     draw(st.dictionaries(texts, json_values, max_size=3)),
                     draw(st.none() | step_networks(vector.shape[-1])), draw(st.none() | responses()))  # fmt: skip


def step_networks(dim: int) -> st.SearchStrategy[StepNetwork]:
    layers = st.builds(StepLayers, arrays(dim, dim), arrays(dim), arrays(dim, dim), arrays(dim))
    return st.builds(StepNetwork, layers, layers, st.booleans(), finite)


@st.composite
def responses(draw: st.DrawFn) -> Response:
    alphas = tuple(sorted(draw(st.sets(finite, min_size=2, max_size=5))))
    amounts = draw(st.tuples(*[finite] * len(alphas)))
    return Response(draw(texts), alphas, amounts, amounts[1:], draw(texts))


@st.composite
def latents(draw: st.DrawFn, classes: int) -> Latent:
    names = draw(st.lists(texts, max_size=3, unique=True))
    edits = tuple(Edit(draw(directions(name)), draw(finite)) for name in names)
    return Latent(draw(bases(classes)), draw(finite), draw(st.none() | st.integers(0, 18)),
                  draw(st.sampled_from(["const", "none"])), edits)  # fmt: skip


@st.composite
def sequences(draw: st.DrawFn, classes: int) -> Sequence:
    values = {BASE: bases(classes), PSI: finite, ALPHA + "x": finite}
    tracks = []
    for name in draw(st.lists(st.sampled_from([*values]), unique=True)):
        times = sorted(draw(st.sets(st.integers(0, 1000), min_size=1, max_size=4)))
        keys = [Key(t / 24, draw(values[name]), draw(st.sampled_from([*EASINGS]))) for t in times]
        tracks.append(Track(name, tuple(keys)))
    return Sequence(tuple(tracks), draw(st.floats(0.5, 240)), draw(st.sampled_from(LOOPS)))


PICTURES = [Picture.of(np.random.default_rng(i).integers(0, 256, (h, w, 3), dtype=np.uint8), Source("photo", "a", i))
            for i, (w, h) in enumerate([(1, 1), (7, 3), (300, 5)])] + [Picture.fill((1, 2, 3), (270, 260))]  # fmt: skip
share = st.floats(0, 1)


@st.composite
def part_values(draw: st.DrawFn, name: str) -> Part:
    picture = draw(st.sampled_from(PICTURES))
    mask = rectangle(picture.size, *draw(st.tuples(*[st.floats(-9, 300)] * 4)))
    placement = Placement(draw(finite), draw(finite), draw(st.floats(1e-3, 1e3)), draw(finite), draw(st.booleans()))
    return Part(name, draw(texts), picture, mask, placement, draw(share), draw(share), draw(st.sampled_from(BLENDS)),
                draw(share), draw(st.booleans()), draw(st.booleans()), draw(texts))  # fmt: skip


@st.composite
def collages(draw: st.DrawFn) -> Collage:
    return Collage(tuple(draw(part_values(name)) for name in draw(st.lists(texts, max_size=3, unique=True))))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    classes = draw(st.sampled_from([0, 3]))
    model = ModelRef(draw(texts), draw(st.sampled_from(["f1", "a-B_9"])))
    refined = st.builds(Refinement, arrays(4, DIM) | arrays(DIM), texts, share, st.sampled_from(["latent", "encoder"]))
    return Document(model, draw(latents(classes)), draw(sequences(classes)), draw(collages()),
                    draw(st.none() | refined))  # fmt: skip


def same_direction(a: Direction, b: Direction) -> bool:
    fields = ("id", "name", "space", "layers", "fingerprint", "reach", "share", "source", "parameters")
    return (same_array(a.vector, b.vector) and all(getattr(a, f) == getattr(b, f) for f in fields)
            and a.response == b.response and same_steps(a.steps, b.steps))  # fmt: skip


def same_steps(a: StepNetwork | None, b: StepNetwork | None) -> bool:
    if a is None or b is None:
        return a is b
    return (a.keep_norm, a.psi) == (b.keep_norm, b.psi) and all(
        same_array(x, y) for x, y in zip(a.arrays, b.arrays, strict=True))  # fmt: skip


def same_latent(a: Latent, b: Latent) -> bool:
    return (a.base.same(b.base) and a.base.seed == b.base.seed and len(a.edits) == len(b.edits)
            and (a.psi, a.psi_layers, a.noise) == (b.psi, b.psi_layers, b.noise)
            and all(same_direction(x.direction, y.direction) and x.alpha == y.alpha
                    for x, y in zip(a.edits, b.edits, strict=True)))  # fmt: skip


def same_sequence(a: Sequence, b: Sequence) -> bool:
    return (a.fps, a.loop, _shape(a)) == (b.fps, b.loop, _shape(b)) and all(
        same_value(j.value, k.value) for s, t in zip(a.tracks, b.tracks, strict=True)
        for j, k in zip(s.keys, t.keys, strict=True))  # fmt: skip


def _shape(sequence: Sequence) -> list[object]:
    return [(t.name, [(k.time, k.easing) for k in t.keys]) for t in sequence.tracks]


def same_collage(a: Collage, b: Collage) -> bool:
    return len(a.parts) == len(b.parts) and all(
        x.picture.key == y.picture.key and x.mask.key == y.mask.key and x.picture.source == y.picture.source
        and all(getattr(x, f) == getattr(y, f) for f in PART_FIELDS) for x, y in zip(a, b, strict=True))  # fmt: skip


def same_document(a: Document, b: Document) -> bool:
    return (a.model == b.model and same_latent(a.latent, b.latent) and same_sequence(a.sequence, b.sequence)
            and same_collage(a.collage, b.collage) and same_refinement(a.refinement, b.refinement))  # fmt: skip


def same_refinement(a: Refinement | None, b: Refinement | None) -> bool:
    if a is None or b is None:
        return a is b
    return same_array(a.offset, b.offset) and (a.collage, a.amount, a.method) == (b.collage, b.amount, b.method)
