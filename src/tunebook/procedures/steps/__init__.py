"""The frame that procedures share: arguments, stages, driving, costs."""
