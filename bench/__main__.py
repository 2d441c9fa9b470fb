"""Command line of the benchmark: how near the pacer comes to the limit, what others reach, what a decision costs."""

import argparse

from bench import blocks, compare_table, cost, limit_table, pacing_table, published


def main() -> None:
    """Parse the command line and run what it names."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    commands = parser.add_subparsers(required=True)
    pacing_table.add_command(commands)
    compare_table.add_command(commands)
    blocks.add_command(commands)
    published.add_command(commands)
    limit_table.add_command(commands)
    cost.add_command(commands)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
