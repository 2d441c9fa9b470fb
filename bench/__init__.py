"""Measures: model floors, scores, and the tables that documentation quotes."""
