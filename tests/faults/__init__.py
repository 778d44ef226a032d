"""The world broken at every point, judged by the providers' own ledgers."""
