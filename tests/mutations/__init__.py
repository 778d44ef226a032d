"""Proof that the proof works: the product is broken on purpose, and some gate must turn red."""
