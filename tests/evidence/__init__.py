"""What the plugins really do, in figures: studies that measure them where the truth is known.

    python -m tests.evidence STUDY [--only NAME] [--quick]

`frame` runs and keeps experiments, `drawing` makes their pictures; every study has a package of its own.
"""
