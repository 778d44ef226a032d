"""The house's own rules: imports, commands, images, and the rules for tests."""
