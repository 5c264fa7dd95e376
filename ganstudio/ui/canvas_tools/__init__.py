"""Tools of the collage canvas: one module a kind, one object a mouse gesture."""
