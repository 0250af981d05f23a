"""From reruns to a verdict: analysis plan, interim looks, comparison (D1 D3 D4)."""
