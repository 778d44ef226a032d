"""The same work without our layers: what an order would cost if it were written by hand, once."""
