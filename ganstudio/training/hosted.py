"""Plugins' trainings in the shared loop: the processes they run in, the folder they write, the result at the end.

The folder holds `resume.safetensors`, `samples.png` with its history, `about.json` (what is trained, with which
options) and, whenever the loop ends, the result as `<training>.safetensors`. The last line says so in words or JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator  # type: ignore[import-untyped]
from torch import nn

from ganstudio.api import Host, Learned, Training
from ganstudio.document.atomic import write_atomically
from ganstudio.training.gan import average_gradients, fastest_precision
from ganstudio.training.keeping import keep, write_learned
from ganstudio.training.loop import Loop, Report, keep_memory
from ganstudio.training.resume import ResumeError, read_resume

WATCHED, UNWATCHED = (20.0, 1.0), (180.0, 15.0)
"""Seconds between samples, and between lines of progress: for a program that shows them live, and for a terminal."""
SAVED = 30.0
"""Seconds between saves: all that is lost when the process is killed. What plugins train is quickly written."""


class AcceleratedCrew:
    """The processes of `accelerate launch`, or this one alone; see `ganstudio.api.Crew`."""

    def __init__(self, accelerator: Accelerator) -> None:
        self._accelerator = accelerator
        self.device: torch.device = accelerator.device
        self.index: int = accelerator.process_index
        self.count: int = accelerator.num_processes
        self.precision = fastest_precision(self.device)

    def share(self, batch: int) -> slice:
        """The pictures of a batch this process works on."""
        if batch % self.count:
            raise ValueError(f"The batch of {batch} pictures cannot be shared evenly by {self.count} processes.")
        size = batch // self.count
        return slice(self.index * size, (self.index + 1) * size)

    def average_gradients(self, network: nn.Module) -> None:
        """Make the gradients their mean over all processes."""
        average_gradients(self._accelerator, network)


def train(host: Host, training: Training, options: Any, folder: Path, *, json_lines: bool = False, cpu: bool = False,
          say: Callable[[str], None] = lambda line: print(line, flush=True)) -> bool:
    """Train what a plugin brings into `folder`, going on where a training there stopped; whether it finished.

    Raises ValueError or OSError with one sentence; ResumeError when the folder holds another training's state.
    """
    keep_memory()
    accelerator = Accelerator(cpu=cpu)
    task = training.task(host, options, AcceleratedCrew(accelerator))
    about = {"training": training.id, "options": asdict(options)}
    samples_every, report_every = WATCHED if json_lines else UNWATCHED
    loop = Loop(task, task.total, folder, accelerator, about, say=lambda report: say(_line(report, json_lines)),
                samples_every=samples_every, save_every=SAVED, report_every=report_every)
    _refuse_other(loop.resume_path, training)
    loop.resume()
    if accelerator.is_main_process:
        _tell(folder, about, task.notes, finished=False)
        for note in task.notes:
            say(json.dumps({"event": "note", "text": note}) if json_lines else note)
    if json_lines and loop.progress.seen < loop.total:
        loop.save_samples()  # somebody is watching: there is something to see from the first second
    finished = loop.run()
    if accelerator.is_main_process:
        path = folder / f"{training.id}.safetensors"
        learned: Learned = task.result()
        for note in learned.notes:
            say(json.dumps({"event": "note", "text": note}) if json_lines else note)
        if learned.tensors:
            write_learned(path, learned)
        keeps = learned.tensors and finished and learned.keep
        kept = [keep(each) for each in (learned, *learned.also)] if keeps else []
        _tell(folder, about, task.notes, finished=finished)
        say(_last_line(finished, path if learned.tensors else None, kept, learned.figures, json_lines))
    return finished


def _tell(folder: Path, about: Mapping[str, Any], notes: Sequence[str], *, finished: bool) -> None:
    """Keep beside the state what is trained, and whether there is something left to train."""
    told = {**about, "notes": notes, "finished": finished}
    write_atomically(folder / "about.json", json.dumps(told, indent=1).encode())


def _refuse_other(resume: Path, training: Training) -> None:
    """A folder serves one training only."""
    if resume.exists() and (other := read_resume(resume).recipe.get("training")) != training.id:
        raise ResumeError(f"The folder “{resume.parent}” holds the training of {other or 'a model'}: name another.")


def _line(report: Report, json_lines: bool) -> str:
    return report.as_json() if json_lines else report.as_text()


def _last_line(finished: bool, path: Path | None, kept: Sequence[Path], figures: Mapping[str, float],
               json_lines: bool) -> str:
    if json_lines:
        return json.dumps({"event": "finished" if finished else "interrupted", "result": str(path or ""),
                           "kept": [str(each) for each in kept],
                           "figures": {name: round(value, 5) for name, value in figures.items()}})  # fmt: skip
    words = "Finished." if finished else "Interrupted; the same command goes on from here."
    told = ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
    wrote = "Nothing was written" if path is None else f"Wrote {path}"
    return f"{words} {wrote}{f' ({told})' if told else ''}."
