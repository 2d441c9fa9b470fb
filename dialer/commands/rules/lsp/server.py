"""The language server itself: between the editor's protocol and what the rules know.

Every change of a file is judged whole, with the packs that it uses: a pack takes some
milliseconds, so nothing is kept between two requests that could be out of date. Figures
of a list come from a thread of their own (`live`), by the text that they are of.
"""

import asyncio
from pathlib import Path
from urllib.parse import unquote, urlparse

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument
from pygls.workspace.position_codec import ServerTextPosition, ServerTextRange

from collections_rules import (
    FACT_TABLE,
    Diagnostic,
    FactKind,
    PackSource,
    RulesError,
    compile_rules,
    fmt,
    list_findings,
)
from collections_rules.diagnostics import replacement
from dialer.commands.rules.lsp.completion import Suggestion, complete, is_korean
from dialer.commands.rules.lsp.hover import held_text, hover, outline, percent, rule_at
from dialer.commands.rules.lsp.live import ListAsked, LiveList
from dialer.commands.rules.sources import beside, used_by
from dialer.faults import ConfigError

__all__ = ["serve"]

_SEVERITY = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "note": lsp.DiagnosticSeverity.Information,
}
_KINDS = {
    "keyword": lsp.CompletionItemKind.Keyword,
    "fact": lsp.CompletionItemKind.Field,
    "value": lsp.CompletionItemKind.EnumMember,
    "rule": lsp.CompletionItemKind.Reference,
    "name": lsp.CompletionItemKind.Constant,
}
_SYMBOLS = {
    "pack": lsp.SymbolKind.Package,
    "campaign": lsp.SymbolKind.Package,
    "rule": lsp.SymbolKind.Function,
    "test": lsp.SymbolKind.Event,
    "table": lsp.SymbolKind.Array,
}


class RulesServer(LanguageServer):
    """A server that knows the language of its user, when the editor says it."""

    language: str | None = None
    live: LiveList | None = None

    def speaks_korean(self, document: TextDocument) -> bool:
        """By what the editor says; else by the file."""
        return self.language == "ko" if self.language else is_korean(document.source)


server = RulesServer("paceline-rules", "1")


def serve(which: ListAsked | None) -> None:
    """Speak over standard input and output until the editor leaves; with figures of a list, if there is one."""
    server.live = LiveList(which) if which is not None else None
    try:
        server.start_io()
    finally:
        if server.live is not None:
            server.live.stop()


@server.feature(lsp.INITIALIZE)
def initialize(ls: RulesServer, params: lsp.InitializeParams) -> None:
    """Take the language of hover and completion: `language` of the options, else the editor's own."""
    options = params.initialization_options
    asked = options.get("language") if isinstance(options, dict) else None
    locale = asked or params.locale
    ls.language = locale[:2] if locale else None


@server.feature(lsp.INITIALIZED)
def initialized(ls: RulesServer, params: lsp.InitializedParams) -> None:
    """Begin to read the list; what becomes of it stands in the editor's output."""
    if ls.live is None:
        return
    loop = asyncio.get_running_loop()

    def told(said: str) -> None:
        message = lsp.LogMessageParams(lsp.MessageType.Info, said)
        loop.call_soon_threadsafe(ls.window_log_message, message)

    ls.live.told = told
    ls.live.start()


# Diagnostics --------------------------------------------------------------------------


def _sources(document: TextDocument) -> list[PackSource]:
    """The packs a file uses, built in or beside it, and the file as the editor has it."""
    source = PackSource(document.uri, document.source)
    path = Path(unquote(urlparse(document.uri).path))
    try:
        return [*used_by(source), *beside(source, path), source]
    except ConfigError:  # a file beside it that cannot be read: the author is told of a pack that is not there
        return [*used_by(source), source]


def _found(document: TextDocument) -> list[Diagnostic]:
    sources = _sources(document)
    try:
        compile_rules(sources)
    except RulesError as error:
        return [one for one in error.diagnostics if one.source.name == document.uri]
    return [one for one in list_findings(sources) if one.source.name == document.uri]


def _range(document: TextDocument, found: Diagnostic) -> lsp.Range:
    line, col = found.span.line - 1, found.span.col - 1
    end = ServerTextPosition(line, col + found.span.length)
    return document.range_to_client_units(ServerTextRange(ServerTextPosition(line, col), end))


def _told(document: TextDocument, found: Diagnostic) -> lsp.Diagnostic:
    return lsp.Diagnostic(
        range=_range(document, found),
        message=f"{found.message}\n{found.help}" if found.help else found.message,
        severity=_SEVERITY[found.severity],
        code=found.code,
        source="paceline",
    )


def _publish(ls: RulesServer, uri: str) -> None:
    document = ls.workspace.get_text_document(uri)
    found = _found(document)
    if ls.live is not None and not any(one.severity == "error" for one in found):
        ls.live.count(uri, _sources(document))
    told = [_told(document, one) for one in found]
    ls.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, told, document.version))


@server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
def opened(ls: RulesServer, params: lsp.DidOpenTextDocumentParams) -> None:
    """Judge a file when it is opened."""
    _publish(ls, params.text_document.uri)


@server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
def changed(ls: RulesServer, params: lsp.DidChangeTextDocumentParams) -> None:
    """Judge a file on every change."""
    _publish(ls, params.text_document.uri)


@server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
def closed(ls: RulesServer, params: lsp.DidCloseTextDocumentParams) -> None:
    """Take back what was said about a file that is no longer open."""
    ls.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(params.text_document.uri, []))


# Requests -----------------------------------------------------------------------------


@server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[" ", "."]))
def completed(ls: RulesServer, params: lsp.CompletionParams) -> lsp.CompletionList:
    """What may stand at the cursor."""
    document = ls.workspace.get_text_document(params.text_document.uri)
    at = document.position_from_client_units(params.position)
    found = complete(document.source, at.line, at.character, ls.speaks_korean(document))
    row = document.lines[at.line] if at.line < len(document.lines) else ""
    start = at.character
    while start and (row[start - 1].isalnum() or row[start - 1] in "_.-/"):
        start -= 1
    typed = document.range_to_client_units(ServerTextRange(ServerTextPosition(at.line, start), at))
    items = [
        lsp.CompletionItem(
            one.label, kind=_KINDS[one.kind], detail=_detail(one, ls) or None, text_edit=lsp.TextEdit(typed, one.label)
        )
        for one in found
    ]
    return lsp.CompletionList(is_incomplete=False, items=items)


def _detail(one: Suggestion, ls: RulesServer) -> str:
    """What is said beside a word: its meaning, and how common it is in the list."""
    fact, word = (one.detail, one.label) if one.kind == "value" else (one.label, "yes")
    spec = FACT_TABLE.get(fact)
    if ls.live is None or spec is None or (one.kind == "fact" and spec.kind is not FactKind.FLAG):
        return one.detail
    share = ls.live.share(fact, word)
    return one.detail if share is None else f"{one.detail} · {percent(share)}"


@server.feature(lsp.TEXT_DOCUMENT_HOVER)
def hovered(ls: RulesServer, params: lsp.HoverParams) -> lsp.Hover | None:
    """What the word under the cursor means, and where the rule comes from."""
    document = ls.workspace.get_text_document(params.text_document.uri)
    at = document.position_from_client_units(params.position)
    sources, in_korean = _sources(document), ls.speaks_korean(document)
    said = hover(sources, at.line, at.character, in_korean)
    rule_id = rule_at(sources, at.line, at.character) if ls.live is not None else ""
    if ls.live is not None and rule_id and (held := ls.live.held(sources, rule_id)) is not None:
        said += "\n\n" + held_text(held, ls.live.size, ls.live.which.at, in_korean)
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, said)) if said else None


@server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
def formatted(ls: RulesServer, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
    """The file laid out anew in its own language; a file that does not read stays as it is."""
    document = ls.workspace.get_text_document(params.text_document.uri)
    try:
        text = fmt(document.source, "ko" if is_korean(document.source) else "en")
    except RulesError:
        return None
    if text == document.source:
        return []
    whole = lsp.Range(lsp.Position(0, 0), lsp.Position(len(document.lines), 0))
    return [lsp.TextEdit(whole, text)]


@server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]))
def offered(ls: RulesServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    """The suggested word in place of a misspelt one."""
    uri = params.text_document.uri
    document = ls.workspace.get_text_document(uri)
    actions = []
    for found in _found(document):
        here, word = _range(document, found), replacement(found)
        if word is not None and here.start <= params.range.end and params.range.start <= here.end:
            actions.append(
                lsp.CodeAction(
                    f"write `{word}`",
                    kind=lsp.CodeActionKind.QuickFix,
                    diagnostics=[_told(document, found)],
                    edit=lsp.WorkspaceEdit(changes={uri: [lsp.TextEdit(here, word)]}),
                    is_preferred=True,
                )
            )
    return actions


@server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
def outlined(ls: RulesServer, params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
    """Every block of a file."""
    document = ls.workspace.get_text_document(params.text_document.uri)
    symbols = []
    for one in outline(PackSource(document.uri, document.source)):
        end = ServerTextPosition(one.last_line, len(document.lines[one.last_line].rstrip()))
        whole = document.range_to_client_units(ServerTextRange(ServerTextPosition(one.first_line, 0), end))
        head = lsp.Range(whole.start, lsp.Position(one.first_line, 0))
        kind = _SYMBOLS.get(one.kind, lsp.SymbolKind.Object)
        symbols.append(lsp.DocumentSymbol(one.name, kind, whole, head, detail=one.detail))
    return symbols
