"""That the measurements measure: counters, percentiles, stretches, and what is compared."""
