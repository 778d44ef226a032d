"""The back office on a real Postgres: each test has a database of its own."""
