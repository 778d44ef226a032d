"""How each vendor does what activities ask for: the only place where a vendor's SDK is imported."""
