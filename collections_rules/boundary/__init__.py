"""Generated boundary tests: every gate of a book around each of its edges, held against a slow oracle."""

from collections_rules.boundary.ready import new_tests
from collections_rules.boundary.run import BoundaryFailure, BoundaryReport, run_boundary_tests

__all__ = ["BoundaryFailure", "BoundaryReport", "new_tests", "run_boundary_tests"]
