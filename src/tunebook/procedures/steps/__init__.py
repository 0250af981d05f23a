"""The frame that procedures share: arguments, stages, driving, costs, a tuned sweep."""
