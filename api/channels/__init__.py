"""Other channels' order formats, each turned into the canonical order by an adapter."""
