"""Are steering and SeFa what their papers say? Measured on small models of landscapes, of which every factor is known.

`workshop` trains models and the factor reader, `walking` teaches walks and looks where they lead, `pushing` moves
pictures along any straight direction, `readings` tells true factors; `kinds` (a, e), `distributions` (b), `variability`
(c), `joint` (d), `counts` (f) and `supervised` (g) are the experiments; `statistics` what they compute of numbers,
`plots` their charts; `report` and `verdicts` tell them, and `paper` what the authors published.

    python -m tests.evidence steering [--only a,b-zoom] [--quick] [--threads 2]
"""
