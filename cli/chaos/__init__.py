"""Chaos: many orders, every fault and every death at once, and a judge who reads the ledgers."""
