"""The packs that ship with the package. The only file here that reads anything."""

from importlib.resources import files

from collections_rules.source import PackSource

__all__ = ["BUILTIN_PACKS", "builtin_pack"]

BUILTIN_PACKS = (
    "kr.collections",
    "kr.telesales",
    "kr.calling",
    "us.reg-f",
    "us.telemarketing",
    "us.tcpa",
    "us.massachusetts",
    "us.state-sales",
    "us.state-collections",
    "uk.collections",
    "uk.marketing",
    "uk.dialing",
    "ca.telemarketing",
    "ca.collections",
    "au.collections",
    "au.telemarketing",
    "jp.collections",
    "india.collections",
    "eu.sales",
)


def builtin_pack(name: str) -> PackSource:
    """The shipped pack of this name: `kr.collections` is `packs/kr/collections.rules`."""
    if name not in BUILTIN_PACKS:
        raise ValueError(f"no built-in pack `{name}`; there are {', '.join(BUILTIN_PACKS)}")
    path = "packs/" + name.replace(".", "/") + ".rules"
    text = files("collections_rules").joinpath(path).read_text(encoding="utf-8")
    return PackSource(name=path, text=text)
