"""Property tests here are judged by their answers, never by how long a busy machine took."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
