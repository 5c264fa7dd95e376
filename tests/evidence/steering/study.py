"""The study of steering and SeFa: what `python -m tests.evidence steering` runs."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace

import torch

from tests.evidence.frame import Study
from tests.evidence.steering import counts, distributions, joint, kinds, supervised, variability
from tests.evidence.steering.report import report
from tests.evidence.steering.workshop import QUICK, WHOLE


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be said of it on the command line."""
    parser.add_argument("--threads", type=int, default=1, help="threads of the processor to compute with")
    parser.add_argument("--minutes", type=float, default=WHOLE.minutes, help="how long one model may train at most")


def study(options: argparse.Namespace) -> Study:
    """All experiments, in the order in which they share what was trained."""
    torch.set_num_threads(options.threads)
    scale = replace(QUICK if options.quick else replace(WHOLE, minutes=options.minutes), seed=options.seed)
    modules = (kinds, distributions, counts, supervised, variability, joint)
    found = [experiment for module in modules for experiment in module.experiments(scale)]
    found.sort(key=lambda experiment: experiment.name[0])
    about = {"side": 32, "seed": scale.seed, "scale": asdict(scale)}
    return Study("steering", about, found, report)


def subject(options: argparse.Namespace) -> str:
    """It is about models of its own, so there is one report."""
    return ""
