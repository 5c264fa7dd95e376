"""Files with layers that other programs open and write: Photoshop's (PSD) and OpenRaster (ORA)."""
