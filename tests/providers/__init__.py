"""Contract tests: each adapter on its vendor's real SDK, against the sandbox and its ledgers."""
