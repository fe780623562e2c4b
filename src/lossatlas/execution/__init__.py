"""How a point is evaluated, and never what: forward passes made faster, and the plans that choose among them."""
