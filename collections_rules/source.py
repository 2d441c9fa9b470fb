"""The text of one pack and the name it goes by in messages."""

from attrs import frozen

__all__ = ["PackSource"]


@frozen
class PackSource:
    """A pack as text. `name` is a path or a built-in id, for messages only."""

    name: str
    text: str
