"""Is the latent regressor what its paper says? Measured on landscapes, where every part and every factor is known.

`inputs` opens model, regressor and reader; `scenes` has the pictures with their parts, and collages of them; `blends`,
`independence`, `encoders`, `variants` and `visibility` are the experiments; `figures` what they measure; `report` tells
them, and `paper` what the authors published.
"""
