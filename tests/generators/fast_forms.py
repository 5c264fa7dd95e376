"""What every fast form of a generator without styles has to do: draw what the plain one draws, and leave it alone."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ganstudio.generators import fast
from ganstudio.generators.fast import exact_mode
from tests.comparing import largest


def ws_of(generator: Any, count: int = 2) -> Tensor:
    """The ws [count, 1, w_dim] of some z, each of a class of its own where there are classes."""
    z = torch.randn(count, generator.z_dim, generator=torch.Generator().manual_seed(1))
    return generator.map(generator.normalise(z), torch.eye(2)[:count] if generator.num_classes else None)[:, None]


def check_equals_the_plain_form(form: Any, generator: Any, onednn: bool, monkeypatch: Any) -> None:
    """`form(generator, mode)` draws the same in float32, with oneDNN's kernels or without, and changes no weight."""
    if not onednn:
        monkeypatch.setattr(fast, "has_onednn", lambda device: False)
    ws = ws_of(generator)
    before = {k: v.clone() for k, v in generator.state_dict().items()}
    assert largest(form(generator, exact_mode())(ws), generator.synthesize(ws)) < 1e-4
    assert all(torch.equal(v, before[k]) for k, v in generator.state_dict().items())
