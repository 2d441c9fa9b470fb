"""The commands of `paceline`, a module a group. Here adapters are wired to the engine, and nowhere else."""
