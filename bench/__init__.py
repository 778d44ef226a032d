"""Measurements, each a command; every figure is one line of JSON on standard output."""
