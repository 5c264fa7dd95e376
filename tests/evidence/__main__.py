"""The one command for all evidence: `python -m tests.evidence STUDY [--only NAME] [--quick] [--again]`.

Figures, pictures and the report go to `resources/evidence/STUDY/MODEL`, what only serves to go on to `runs/evidence`;
`--quick` runs everything at a size that proves nothing, into `runs/evidence` too. Stop it at any time, with Ctrl-C or
otherwise: the same command goes on, and runs only what has not been run for these very weights. It takes one thread.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from tests.evidence.frame import EvidenceError, Interrupted, Place, Study, run
from tests.evidence.regressor import study as regressor
from tests.evidence.steering import study as steering

ROOT = Path(__file__).parents[2]
INTERRUPTED = 130


@dataclass(frozen=True)
class Offer:
    """A study on the command line: its own options, what makes it, and the folder its figures belong to."""

    title: str
    options: Callable[[argparse.ArgumentParser], None]
    study: Callable[[argparse.Namespace], Study]
    subject: Callable[[argparse.Namespace], str]


STUDIES: Mapping[str, Offer] = {
    "regressor": Offer("the latent regressor", regressor.add_options, regressor.study, regressor.subject),
    "steering": Offer("steering and SeFa", steering.add_options, steering.study, steering.subject),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a study; the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(words)
    torch.set_num_threads(1)
    offer = STUDIES[options.name]
    place = _place(options, offer)
    try:
        study = offer.study(options)
        run(study, place, only=options.only, again=options.again,
            command=shlex.join(["python", "-m", "tests.evidence", *words]))
    except EvidenceError as error:
        print(error, file=sys.stderr)
        return 2
    except (KeyboardInterrupt, Interrupted):
        print("Interrupted; the same command goes on from here.", file=sys.stderr)
        return INTERRUPTED
    print(f"The report is {place.output / 'README.md'}")
    return 0


def _place(options: argparse.Namespace, offer: Offer) -> Place:
    subject, runs = offer.subject(options), ROOT / "runs" / "evidence"
    kind = f"{options.name}{'-quick' if options.quick else ''}"
    output = runs / kind / subject / "report" if options.quick else ROOT / "resources" / "evidence" / kind / subject
    return Place(options.output or output, options.scratch or runs / kind / subject)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.evidence", description="Measure what the plugins do.")
    studies = parser.add_subparsers(dest="name", required=True)
    for name, offer in STUDIES.items():
        study = studies.add_parser(name, help=offer.title)
        study.add_argument("--only", default="", help="only experiments whose names begin so (several with commas)")
        study.add_argument("--again", action="store_true", help="run even what has been run")
        study.add_argument("--quick", action="store_true", help="everything at a size that proves nothing, in minutes")
        study.add_argument("--seed", type=int, default=0, help="fixes all that is random")
        study.add_argument("--output", type=Path, help="where report, pictures and figures go")
        study.add_argument("--scratch", type=Path, help="where trainings and unfinished work go")
        offer.options(study)
    return parser


if __name__ == "__main__":
    sys.exit(main())
