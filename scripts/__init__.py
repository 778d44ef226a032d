"""What `make` runs: set-up, checks, and the audit of what the project depends on."""
