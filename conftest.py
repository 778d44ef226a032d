"""What holds for every test, whichever rung of the ladder it stands on."""

from hypothesis import settings

pytest_plugins = [
    "pytester",
    "tests.fixtures.database",
    "tests.fixtures.engine",
    "tests.rules.leaving",
    "tests.rules.loopback",
    "tests.rules.no_skip",
    "tests.rules.own_folder",
    "tests.rules.own_settings",
    "tests.rules.rungs",
]

# How long one case takes says more about the machine's other work than about the code.
settings.register_profile("ladder", deadline=None, print_blob=True)
settings.load_profile("ladder")
