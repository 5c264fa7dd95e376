"""Compiled elementwise code for the fast forms, where and when it is there; until then, eager code."""

from ganstudio.generators.fast import Finish, Mode, finish_eagerly


def finish_for(mode: Mode) -> Finish:
    """The best way there is to finish layers in this mode."""
    return finish_eagerly
