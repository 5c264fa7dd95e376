"""Starts GAN Studio from a checkout: `python main.py [project or model file]`."""

import sys

from ganstudio.cli import open_window

if __name__ == "__main__":
    sys.exit(open_window(sys.argv[1:]))
