"""`paceline rules lsp`: a language server for rule files, spoken over standard input and output."""

__all__ = ["lsp"]


def lsp(*, stdio: bool = True) -> None:  # editors pass --stdio by habit
    """Serve an editor: completion, hover, diagnostics, formatting and fixes, over standard input and output."""
    # Here and not above: the server's library is slow to load, and no other command needs it.
    from dialer.commands.rules.lsp.server import serve

    assert stdio
    serve()
