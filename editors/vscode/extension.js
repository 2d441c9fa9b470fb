// Starts `paceline rules lsp` and leaves everything else to it.
const { env, workspace } = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

function activate() {
  const settings = workspace.getConfiguration("paceline");
  const [command, ...args] = settings.get("command");
  const language = settings.get("language") || env.language.slice(0, 2);
  client = new LanguageClient(
    "paceline-rules",
    "Paceline rules",
    { command, args, transport: TransportKind.stdio },
    { documentSelector: [{ language: "paceline-rules" }], initializationOptions: { language } },
  );
  return client.start();
}

function deactivate() {
  return client && client.stop();
}

module.exports = { activate, deactivate };
