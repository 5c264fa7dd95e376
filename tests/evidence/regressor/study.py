"""The study of the regressor: what `python -m tests.evidence regressor` runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.evidence.frame import Study
from tests.evidence.regressor import blends, encoders, independence, variants, visibility
from tests.evidence.regressor.inputs import QUICK, Scale, open_inputs
from tests.evidence.regressor.report import report


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be said of it on the command line."""
    parser.add_argument("--model", default="landscape", help="the model: an id of the library, or a file")
    parser.add_argument("--regressor", type=Path, help="its regressor's file (else the one the program finds)")
    parser.add_argument("--kimg", type=float, default=Scale().kimg, help="thousands of samples that encoders trained "
                        "for comparison learn from")


def study(options: argparse.Namespace) -> Study:
    """All experiments. EvidenceError in one sentence when model or regressor cannot be had."""
    scale = QUICK if options.quick else Scale(kimg=options.kimg)
    inputs, about = open_inputs(options.model, options.regressor, scale, options.seed)
    modules = (blends, independence, encoders, variants, visibility)
    found = [experiment for module in modules for experiment in module.experiments(inputs)]
    return Study("regressor", about, found, report)


def subject(options: argparse.Namespace) -> str:
    """What the figures are about, as a folder's name."""
    return Path(options.model).stem
