"""Starts GAN Studio from a checkout: `python main.py [project or model file]`."""

import sys

import torch  # noqa: F401  (before Qt: on Windows its libraries load in this order only)

from ganstudio.app import run

if __name__ == "__main__":
    sys.exit(run(sys.argv))
