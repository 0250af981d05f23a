"""Projects of Keras Tuner."""
