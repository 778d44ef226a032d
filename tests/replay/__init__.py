"""Recorded histories, replayed by today's code."""
