"""What holds for every test: Hypothesis has no deadlines, for a test never asserts wall time."""

from hypothesis import settings

settings.register_profile("paceline", deadline=None)
settings.load_profile("paceline")
