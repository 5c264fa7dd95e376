"""Which devices there are to compute on, and what to call them."""

from __future__ import annotations

import torch

AUTO = "auto"
CPU = torch.device("cpu")


def devices() -> tuple[str, ...]:
    """Every name a user may choose: "auto", then the devices of this machine, the fastest kind first."""
    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return (AUTO, *cuda, *mps, "cpu")


def best_device(wanted: str = AUTO) -> tuple[torch.device, str]:
    """The device to use for a choice, and one sentence when it is not the one that was asked for (else "")."""
    there = devices()
    if wanted == AUTO:
        return torch.device(there[1]), ""
    name = f"{wanted}:0" if wanted == "cuda" else wanted
    if name in there:
        return torch.device(name), ""
    return CPU, f"There is no device “{wanted}” on this machine (there are: {', '.join(there)}): the processor is used."


def device_title(device: torch.device) -> str:
    """What to call a device on screen."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return {"cpu": "Processor", "mps": "Apple GPU"}.get(device.type, str(device))
