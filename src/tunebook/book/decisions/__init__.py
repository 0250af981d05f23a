"""From a round to a verdict and a launch: reruns, plans, refusals (D1 D3 D4 D5)."""
