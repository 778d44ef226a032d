"""Rules for tests, each a pytest plug-in that the root `conftest.py` loads."""
