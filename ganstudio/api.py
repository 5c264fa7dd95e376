"""All that a plugin may rely on: the document's words, and the protocols between models, finders and the program.

A plugin imports this module and third-party libraries, nothing else of ours. `API_VERSION` changes when a plugin
written for the old one would break.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ganstudio.document.latent import (
    Base,
    Direction,
    Edit,
    FloatArray,
    Latent,
    LayerRange,
    Layers,
    NoiseMode,
    Space,
    format_layers,
    layer_indices,
    layers_of,
    parse_layers,
)
from ganstudio.document.response import Response
from ganstudio.document.steps import StepLayers, StepNetwork

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

__all__ = [
    "API_VERSION", "Base", "Choice", "ChoiceValue", "Crew", "Direction", "DirectionFinder", "DirectionReader", "Edit",
    "FinderOptions", "FloatArray", "FoundDirections", "Generator", "Host", "Latent", "LayerInfo", "LayerRange",
    "Layers", "Learned", "Model", "Movable", "NoiseMode", "Perceptual", "PictureEdit", "Pictures", "Rates",
    "Registry", "Regressor", "RegressorReader", "Response", "Space", "StepLayers", "StepNetwork", "Synthesizer",
    "Training", "TrainingTask", "TruncatesZ", "Words", "batch_of", "check_options", "format_layers", "layer_indices",
    "layers_of", "one_a_layer", "option", "parse_layers", "step_seed", "truncates",
]

API_VERSION = 1


@dataclass(frozen=True)
class LayerInfo:
    """One layer that takes its own w: its name in the checkpoint and the side of what it draws, in pixels."""

    name: str
    resolution: int


class Synthesizer(Protocol):
    """A generator prepared for showing pictures on one device in one precision; keeps layers it can re-use."""

    def __call__(self, ws: Tensor, noise: NoiseMode = "const") -> Tensor:
        """w+ [n, num_ws, w_dim] float32 to image [n, 3, h, w] float32 on the same device, not differentiable."""
        ...


@runtime_checkable
class Generator(Protocol):
    """What every model family offers. Number i of `layers` is styled by `ws[:, i]`."""

    family: str
    resolution: int
    space: Space
    z_dim: int
    w_dim: int
    num_ws: int
    num_classes: int
    w_avg: Tensor | None

    @property
    def layers(self) -> tuple[LayerInfo, ...]:
        """The layers that take a w, in order; `len(layers) == num_ws`."""
        ...

    def normalise(self, z: Tensor) -> Tensor:
        """z [n, z_dim] as z edits meet it: of unit second moment in ProGAN, elsewhere as it is."""
        ...

    def map(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z [n, z_dim] and class weights [n, num_classes] to w: [n, w_dim], or [n, num_ws, w_dim] where the layers'
        differ from the start (BigGAN). Families without a mapping network pass z on. Differentiable, float32."""
        ...

    def synthesize(self, ws: Tensor, noise: str = "const") -> Tensor:
        """w+ [n, num_ws, w_dim] to image [n, 3, h, w] in -1..1; differentiable, float32."""
        ...

    def factor_matrix(self, layers: Sequence[int]) -> Tensor:
        """The first linear map of these layers as float32 [latent dim, units]: what SeFa factorises."""
        ...


@runtime_checkable
class TruncatesZ(Protocol):
    """What a generator has besides where psi multiplies z (before z edits) and pulls no w to an average: BigGAN."""

    def at_psi(self, ws: Tensor, psi: float) -> Tensor:
        """The w+ [n, num_ws, w_dim] of such a z, with whatever else its layers take from psi."""
        ...


@runtime_checkable
class Movable(Protocol):
    """What a generator has besides where its whole picture can be moved at the input: StyleGAN3."""

    def synthesize_moved(self, ws: Tensor, transform: Tensor) -> Tensor:
        """What `synthesize` gives for `ws`, moved by `transform` [n or 1, 3], differentiable.

        The picture is turned about its centre by the third number, degrees clockwise, then shifted by the first two,
        right and down, in sides of the picture.
        """
        ...


def truncates(generator: Generator) -> bool:
    """Whether psi changes a generator's pictures."""
    return generator.w_avg is not None or isinstance(generator, TruncatesZ)


def one_a_layer(generator: Generator, w: Tensor) -> Tensor:
    """What `generator.map` gave as w+ [n, num_ws, w_dim]: the same w in every layer, unless there was one a layer."""
    return w if w.ndim == 3 else w[:, None].expand(-1, generator.num_ws, -1)


@dataclass(frozen=True)
class FinderOptions:
    """What the user may choose for a finder: where to look, where to apply (None: the same), how many to return."""

    layers: Layers
    apply_to: Layers | None = None
    count: int = 10
    normalise: bool = True


class DirectionFinder(Protocol):
    """Finds directions in a generator: from its weights, or from samples. Iterating is the work, so it can be a job."""

    id: str
    name: str

    def find(self, generator: Generator, fingerprint: str, options: FinderOptions) -> Iterator[Direction]:
        """Yield directions, the most telling first; ValueError with one sentence when the options do not fit."""
        ...


@dataclass(frozen=True)
class Rates:
    """How a generator was trained: both networks' learning rates of Adam, and the weight of the R1 penalty."""

    generator: float
    discriminator: float
    r1_gamma: float


@dataclass(frozen=True, eq=False)
class Model:
    """A model as a plugin gets it: the float32 generator, the fingerprint of its weights, and where there is one the
    discriminator trained with it: image [n, 3, h, w] to logits [n, 1], with `labels` [n, num_classes] where the model
    has classes; its `maps(image)` is what it sees at every size. `rates` are those of that training.
    """

    id: str
    name: str
    generator: Generator
    fingerprint: str
    discriminator: nn.Module | None = None
    rates: Rates | None = None


@dataclass(frozen=True, eq=False)
class PictureEdit:
    """A change of a picture by some amount, which a walk can be taught to make in a latent space.

    `apply(image [n, 3, h, w] in -1..1, alphas [n])` gives the edited image and a mask [n, 1, h, w] of 0 and 1: where
    the edit says what the picture must be. alpha 0 changes nothing; sizes are relative to the picture's side. A small
    function is enough, the rest has defaults: `draw(count, side, random)` gives alphas [count] to learn from (evenly
    from -1/2 to 1/2), `step` is the alpha of one step of a non-linear walk and `steps` how many are learned, `furthest`
    the |alpha| up to which it is measured, and `amount(alpha, side)` says an alpha in `unit`.
    """

    id: str
    name: str
    apply: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
    draw: Callable[[int, int, torch.Generator], Tensor] | None = None
    step: float = 0.1
    steps: int = 5
    furthest: float = 1.5
    unit: str = "levels"
    amount: Callable[[float, int], float] = lambda alpha, side: alpha * 127.5


class Perceptual(Protocol):
    """How different two pictures look; `name` says whose eyes these are, in words for the user."""

    name: str

    def __call__(self, one: Tensor, other: Tensor) -> Tensor:
        """The mean difference of two batches of images [n, 3, h, w] in -1..1: a scalar >= 0, differentiable."""
        ...


class Pictures(Protocol):
    """An endless, seeded series of real pictures."""

    def images(self, first: int, count: int) -> Tensor:
        """Pictures first .. first + count - 1 as float32 [count, 3, side, side] in -1..1."""
        ...

    def labels(self, first: int, count: int) -> Tensor | None:
        """Their classes as weights [count, classes], or None where there are none."""
        ...


class Crew(Protocol):
    """The processes a training runs in, seen from one of them: which it is, of how many, and what it computes on.

    `precision` is the fastest for activations on this device: torch.bfloat16 or torch.float32.
    """

    device: torch.device
    index: int
    count: int
    precision: torch.dtype

    def share(self, batch: int) -> slice:
        """The pictures of a batch this process works on; ValueError when the batch cannot be shared evenly."""
        ...

    def average_gradients(self, network: nn.Module) -> None:
        """Make the gradients the same in all processes: their mean. Call it before the optimiser's step."""
        ...


Words = Mapping[str, str]
"""Values of an option, each with what it is called on screen."""


def option(default: Any, help_: str, *, title: str = "", more: bool = False, unset: str = "",
           offers: Words | Callable[[Host], Words] | None = None, picks: Literal["", "file", "folder"] = "",
           **bounds: float) -> Any:
    """A field of an options dataclass with the words a dialog and `--help` show; `bounds`: `least` and `most`.

    The rest is for the dialog: a `title` in place of the field's name, `more` where few will ever change it, `unset`
    for what a number at its least stands for ("by itself"), `offers` for values to choose from (of a text, any other
    may be typed), and `picks` where a text may be the path of a file or a folder.
    """
    return field(default=default, metadata={"help": help_, "title": title, "more": more, "unset": unset,
                                            "offers": offers, "picks": picks, **bounds})


def check_options(options: Any) -> None:
    """ValueError in one sentence where a field made with `option` leaves its bounds, or is not a number."""
    for key, made in options.__dataclass_fields__.items():
        value, least, most = getattr(options, key), made.metadata.get("least"), made.metadata.get("most")
        if (least is not None and not value >= least) or (most is not None and not value <= most):
            limits = f"at least {least:g}" + (f" and at most {most:g}" if most is not None else "")
            raise ValueError(f"“{key}” must be {limits}, but is {value:g}.")


def batch_of(side: int) -> int:
    """How many pictures of `side` pixels are worked on at once unless the user says otherwise, so that memory suffices:
    16 up to 256 px, 8 of 512 and 4 of 1024, as in the trainings that Chai, Wulff and Isola (2021) published. Always a
    power of two, so that sixteens are shared evenly."""
    return 1 << max(1, min(16, 4096 // side)).bit_length() - 1


def step_seed(seed: int, step: int) -> int:
    """The seed of one step's random numbers: the same whatever was drawn before, and no other step's."""
    high, low = np.random.SeedSequence([seed, step]).generate_state(2, np.uint32)
    return int(high) << 31 | int(low) >> 1


@dataclass(frozen=True, eq=False)
class Learned:
    """What a training ends with: tensors and metadata (all text) of the file to write, and figures to tell.

    Without tensors nothing is written. `notes` are sentences for the user on what came of it. A finished result is also
    kept as `keep` below the user's data folder, where the program finds it: `models/NAME.safetensors`, or
    `directions/FINGERPRINT/NAME.safetensors`. `also` are further results that are kept with it.
    """

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    figures: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    keep: str = ""
    also: tuple[Learned, ...] = ()


class TrainingTask(Protocol):
    """A training under way. `batch` counts the pictures of a step over all processes, `total` those of the whole.

    `notes` are sentences for the user on what was chosen, told before the first step.
    Every random number should come from the step's number (`step_seed`), so that a resumed training draws what it would
    have drawn.
    """

    options: Any
    batch: int
    total: int
    notes: tuple[str, ...]

    def step(self, number: int) -> Mapping[str, Tensor]:
        """Learn step `number` (from 0); scalars to report."""
        ...

    def samples(self) -> NDArray[np.uint8] | None:
        """A picture of how it stands, uint8 [h, w, 3], or None when there is nothing to see."""
        ...

    def networks(self) -> Mapping[str, nn.Module]:
        """All that has to be saved to go on."""
        ...

    def result(self) -> Learned:
        """What was learned so far, measured."""
        ...


class Training(Protocol):
    """Something that can be trained: `ganstudio train <id>`, with the fields of `options` as its options.

    `options` is a frozen dataclass whose fields, made with `option`, are int, float, str, bool or Literal texts; its
    `__post_init__` raises ValueError with one sentence for values that do not fit.
    """

    id: str
    name: str
    options: type[Any]

    def task(self, host: Host, options: Any, crew: Crew) -> TrainingTask:
        """Begin; ValueError or OSError with one sentence when it cannot."""
        ...


class Regressor(Protocol):
    """Guesses the latent of a picture of which parts may be missing, in one pass."""

    fingerprint: str
    space: Space

    def regress(self, image: Tensor, mask: Tensor) -> Tensor:
        """The latent of `image` [n, 3, h, w] in -1..1 where `mask` [n, 1, h, w] in 0..1 says it counts.

        z [n, z_dim] when `space` is "z", else w+ [n, num_ws, w_dim]; float32, differentiable. What is hidden has no
        influence. ValueError in one sentence for other shapes.
        """
        ...

    def prepared(self, device: torch.device, precision: torch.dtype) -> Regressor:
        """A copy made ready to answer fast: on a device, with activations in this precision."""
        ...

    def trainable(self) -> tuple[Regressor, Sequence[Tensor]]:
        """A copy of its own that may be tuned to one picture, and its weights (float32, they take gradients)."""
        ...


class RegressorReader(Protocol):
    """Opens the regressors a plugin has trained."""

    id: str

    def read(self, path: Path, model: Model) -> Regressor:
        """The regressor of that file; ValueError in one sentence when it is none, or another model's."""
        ...


ChoiceValue = bool | int | float | str


@dataclass(frozen=True)
class Choice:
    """A question that a file cannot answer, with what is assumed unless the user says otherwise.

    `values` are all that may be chosen; where it is empty, any value of the default's type. `why` says in one
    sentence how to know, and what goes wrong with the wrong answer.
    """

    key: str
    title: str
    default: ChoiceValue
    why: str
    values: tuple[ChoiceValue, ...] = ()


@dataclass(frozen=True, eq=False)
class FoundDirections:
    """What a plugin found in a file of another program, read for one model.

    `format` names the program for people, `name` is what the file's directions are called, `made_for` is the model
    they were made for as far as the file tells. There are no `directions` where `problem` says in one sentence why this
    model cannot have them. `choices` are what the file leaves open, `notes` sentences for the user.
    """

    format: str
    name: str
    made_for: str = ""
    directions: tuple[Direction, ...] = ()
    problem: str = ""
    choices: tuple[Choice, ...] = ()
    notes: tuple[str, ...] = ()


class DirectionReader(Protocol):
    """Reads directions that another program wrote; `patterns` is how its files tend to be called, for file dialogs."""

    id: str
    patterns: tuple[str, ...]

    def recognises(self, path: Path) -> bool:
        """Whether a file or folder is of that program, by what is in it; never raises, and takes no time."""
        ...

    def read(self, path: Path, model: Model, answers: Mapping[str, ChoiceValue]) -> FoundDirections:
        """Its directions, fitted to a model; `answers` answer choices by key. ValueError in one sentence when the file
        is damaged."""
        ...


class Host(Protocol):
    """What the program offers a plugin beyond this module; handed to it through the registry."""

    def load_model(self, model_id: str, trainable: bool = False) -> Model:
        """A model of the library, or of a file; OSError or ValueError with one sentence when it cannot be had.

        Unless `trainable`, the networks are shared and frozen; otherwise they are the caller's own copies.
        """
        ...

    def perceptual(self, model: Model) -> Perceptual:
        """The best measure of likeness there is here: LPIPS where installed, else features trained with the model."""
        ...

    def edits(self) -> Mapping[str, PictureEdit]:
        """Every edit of pictures that plugins bring, by its id."""
        ...

    def measure(self, model: Model, direction: Direction, edits: Sequence[PictureEdit]) -> Response:
        """What a direction does to held-out pictures, within its reach, told as the edit that explains most of it."""
        ...

    def direction_files(self, fingerprint: str) -> tuple[Path, ...]:
        """The files of directions for the model with these weights: those that come with the program, then the
        user's own, oldest first."""
        ...

    def pictures(self, source: str, side: int, seed: int, classes: int = 0) -> Pictures:
        """Real pictures of a side: of a folder, or "landscape", the procedural world (its width after a colon, as in
        "landscape:0.25"). With `classes` each has its class: its folder, or its season in the world. ValueError with
        one sentence when there are none, or of another number of classes."""
        ...

    def new_model(self, generator: Generator, name: str, about: Mapping[str, Any]) -> tuple[Learned, Model]:
        """A generator that was trained as a model of its own: its file, to be kept in the library, and the model as it
        will be read from there. What an average of weights does not average is measured anew."""
        ...

    def keep(self, learned: Learned) -> Path:
        """Write something as its `keep` says, where the program finds it; where that is. OSError when it fails."""
        ...

    def train(self, training: Training, options: Any, folder: Path, *, json_lines: bool = False,
              cpu: bool = False) -> bool:
        """Train with the shared loop (accelerate, resume, progress on stdout); everything written lies in `folder`.

        Goes on where a training there stopped. True when finished, False when interrupted. Raises ValueError or
        OSError with one sentence.
        """
        ...


class Registry(Protocol):
    """Where a plugin's `register(registry)` hands in what it brings."""

    @property
    def host(self) -> Host:
        """The program's services."""
        ...

    def add_finder(self, finder: DirectionFinder) -> None:
        """Offer a way to find directions."""
        ...

    def add_training(self, training: Training) -> None:
        """Offer something to train."""
        ...

    def add_regressor(self, reader: RegressorReader) -> None:
        """Offer to open regressors."""
        ...

    def add_edit(self, edit: PictureEdit) -> None:
        """Offer an edit of pictures: walks can be taught to make it, and directions be measured by it."""
        ...

    def add_direction_reader(self, reader: DirectionReader) -> None:
        """Offer to read directions of another program, wherever files are brought in."""
        ...

    def add_command(self, name: str, run: Callable[..., Any]) -> None:
        """Offer a command line entry `ganstudio <name>`; `run` is a typer-style function."""
        ...
