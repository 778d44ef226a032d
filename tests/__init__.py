"""The ladder of tests: one folder for each rung, and `rules` that hold on all of them."""
