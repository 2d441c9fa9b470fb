"""An editor, as far as a language server can tell: messages over the pipes of a real process."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60


class Editor:
    """Starts `paceline rules lsp` and speaks to it."""

    def __init__(self, language: str = "en", *options: str) -> None:
        command = [sys.executable, "-m", "dialer", "rules", "lsp", "--stdio", *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._bytes = b""
        self._last_id = 0
        self._version = 0
        self.told: dict[str, list[dict[str, Any]]] = {}
        self.logged: list[str] = []
        self.capabilities = self.ask(
            "initialize",
            processId=os.getpid(), rootUri=None, capabilities={}, initializationOptions={"language": language},
        )["capabilities"]  # fmt: skip
        self.notify("initialized")

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a request; what the server tells meanwhile is kept."""
        self._last_id += 1
        self._send({"id": self._last_id, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._last_id:
                assert "error" not in message, message["error"]
                return message["result"]

    def notify(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def open(self, uri: str, text: str) -> list[dict[str, Any]]:
        """What the server says of a file that is opened."""
        document = {"uri": uri, "languageId": "paceline-rules", "version": 0, "text": text}
        self.notify("textDocument/didOpen", textDocument=document)
        return self.wait_told(uri)

    def change(self, uri: str, line: int, start: int, end: int, text: str) -> list[dict[str, Any]]:
        """What it says after one stretch of a line was replaced."""
        self._version += 1
        edit = {"range": _range(line, start, end), "text": text}
        document = {"uri": uri, "version": self._version}
        self.notify("textDocument/didChange", textDocument=document, contentChanges=[edit])
        return self.wait_told(uri)

    def at(self, method: str, uri: str, line: int, col: int) -> Any:
        return self.ask(method, textDocument={"uri": uri}, position={"line": line, "character": col})

    def complete(self, uri: str, line: int, col: int) -> list[str]:
        return [item["label"] for item in self.at("textDocument/completion", uri, line, col)["items"]]

    def hover(self, uri: str, line: int, col: int) -> str:
        found = self.at("textDocument/hover", uri, line, col)
        return str(found["contents"]["value"]) if found else ""

    def fixes(self, uri: str, line: int, start: int, end: int) -> list[dict[str, Any]]:
        here = _range(line, start, end)
        context = {"diagnostics": []}
        return list(self.ask("textDocument/codeAction", textDocument={"uri": uri}, range=here, context=context))

    def wait_told(self, uri: str) -> list[dict[str, Any]]:
        """The next diagnostics of a file."""
        while uri not in self.told:
            self._read()
        return self.told.pop(uri)

    def wait_logged(self, part: str) -> str:
        """The next line of the server's log that has this in it."""
        while not (found := [said for said in self.logged if part in said]):
            self._read()
        self.logged.remove(found[0])
        return found[0]

    def leave(self) -> int:
        """Shut the server down as editors do, and give its exit code."""
        self.ask("shutdown")
        self.notify("exit")
        code = self.process.wait(timeout=PATIENCE_S)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        return code

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def _read(self) -> dict[str, Any]:
        while (end := self._bytes.find(b"\r\n\r\n")) < 0:
            self._more()
        headers = dict(line.split(": ") for line in self._bytes[:end].decode().split("\r\n"))
        size = end + 4 + int(headers["Content-Length"])
        while len(self._bytes) < size:
            self._more()
        message: dict[str, Any] = json.loads(self._bytes[end + 4 : size])
        self._bytes = self._bytes[size:]
        if message.get("method") == "textDocument/publishDiagnostics":
            self.told[message["params"]["uri"]] = message["params"]["diagnostics"]
        if message.get("method") == "window/logMessage":
            self.logged.append(message["params"]["message"])
        return message

    def _more(self) -> None:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
        assert ready, "the language server says nothing"
        found = os.read(self.process.stdout.fileno(), 1 << 16)
        assert found, f"the language server has gone, exit {self.process.poll()}"
        self._bytes += found


def _range(line: int, start: int, end: int) -> dict[str, Any]:
    return {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
