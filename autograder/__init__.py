"""An autograder for machine-learning homework."""
