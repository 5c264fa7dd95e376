"""GAN Studio: drag latent directions with a live preview, key them, export the sequence."""

__version__ = "0.1.0"
