"""Settings of the whole engine, read from one TOML file. Every error names the place and the remedy.

The file is read in three steps: TOML to plain values, `--set` changes, plain
values to classes. The classes check what can be checked without other files;
`dialer.app` checks what needs them (rule packs, lists).
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, get_origin

import attrs
import cattrs
from cattrs import transform_error
from cattrs.cols import homogenous_tuple_structure_factory
from cattrs.dispatch import StructureHook
from cattrs.gen import make_dict_structure_fn

from dialer.faults import ConfigError
from dialer.list_mapping import ListMapping
from dialer.settings import CampaignSettings, Config, Names, PacingConfig, TrunkConfig

__all__ = [
    "CampaignSettings",
    "Config",
    "ConfigError",
    "Names",
    "PacingConfig",
    "TrunkConfig",
    "load_config",
    "structure",
]

T = TypeVar("T")


def load_config(path: Path, changes: Sequence[str] = ()) -> Config:
    """Read a configuration file; `changes` are `key=value` with dots in the key, values as in TOML.

    Raises `ConfigError` with every fault found.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); check the path"
        raise ConfigError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8"
        raise ConfigError(msg) from error
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: {error}"
        raise ConfigError(msg) from error
    for change in changes:
        _change(tree, change)
    config = structure(tree, Config, str(path))
    digest = hashlib.sha256(json.dumps(tree, sort_keys=True, default=str).encode()).hexdigest()
    return attrs.evolve(config, folder=path.parent, config_hash=digest[:16])


def structure(tree: Mapping[str, Any], cls: type[T], place: str) -> T:
    """Plain values to a settings class; raises `ConfigError` with one line a fault, each with its path."""
    try:
        return _converter.structure(tree, cls)
    except Exception as error:
        lines = "\n".join(f"{place}: {_tidy(line)}" for line in transform_error(error, format_exception=_say))
        raise ConfigError(lines) from error


def _say(error: BaseException, type_: type | None) -> str:
    if isinstance(error, KeyError):
        return f"`{error.args[0]}` is missing"
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        known = ", ".join(sorted(one.name for one in attrs.fields(error.cl) if one.name != "folder"))
        return f"unknown key {', '.join(f'`{key}`' for key in sorted(error.extra_fields))}; known here: {known}"
    if isinstance(error, ValueError | TypeError) and error.args:
        return str(error.args[0])
    return f"is not {_type_name(type_)}" if type_ is not None else str(error)


_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false", Mapping: "a table"}


def _type_name(type_: type) -> str:
    return _WORDS.get(get_origin(type_) or type_, getattr(type_, "__name__", str(type_)))


def _tidy(line: str) -> str:
    """`fault @ $.campaigns[0].ring_s` as `campaigns[0].ring_s: fault`."""
    fault, _, where = line.rpartition(" @ ")
    where = where.removeprefix("$").removeprefix(".")
    return f"{where}: {fault}" if where else fault


def _change(tree: dict[str, Any], change: str) -> None:
    """Apply one `--set key=value`; a campaign or trunk is named by its id instead of its position."""
    key, equals, text = change.partition("=")
    if not equals or not key:
        msg = f"--set {change}: write key=value, like campaigns.telesales.pacing.mode=progressive"
        raise ConfigError(msg)
    node: Any = tree
    *path, last = key.strip().split(".")
    for part in path:
        node = _step(node, part, key)
    if not isinstance(node, dict):
        msg = f"--set {key}: there is no table `{'.'.join(path)}`"
        raise ConfigError(msg)
    node[last] = _value(text.strip())


def _step(node: Any, part: str, key: str) -> Any:
    if isinstance(node, dict):
        return node.setdefault(part, {})
    if isinstance(node, list):
        for entry in node:
            if isinstance(entry, dict) and part in (entry.get("id"), entry.get("name")):
                return entry
        names = ", ".join(str(one.get("id") or one.get("name")) for one in node if isinstance(one, dict))
        msg = f"--set {key}: there is no `{part}`; there are {names}"
        raise ConfigError(msg)
    msg = f"--set {key}: `{part}` is below a single value"
    raise ConfigError(msg)


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text  # a bare word is a text: --set pacing.mode=progressive


def _strict(value: Any, type_: type) -> Any:
    """No silent conversions: "24" is not a number, and 1 is not true."""
    ok = isinstance(value, type_) and not (type_ is int and isinstance(value, bool))
    if type_ is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not ok:
        msg = f"is not {_type_name(type_)}: {value!r}"
        raise ValueError(msg)
    return value


def _date_or_time(value: Any, type_: type) -> Any:
    if type(value) is not type_:
        msg = f"is not a {type_.__name__}: {value!r}"
        raise ValueError(msg)
    return value


def _enum(value: Any, type_: type[Enum]) -> Enum:
    try:
        return type_(value)
    except ValueError:
        msg = f"`{value}` is not one of {', '.join(str(one.value) for one in type_)}"
        raise ValueError(msg) from None


def _list_mapping(value: Any, _: type) -> ListMapping:
    """`assume` may hold plain TOML values; everything else is as strict as elsewhere."""
    if isinstance(value, dict) and isinstance(value.get("assume"), dict):
        value = value | {"assume": {name: str(one) for name, one in value["assume"].items()}}
    mapping: ListMapping = _plain_list_mapping(value, ListMapping)
    return mapping


def _is_tuple(type_: Any) -> bool:
    return get_origin(type_) is tuple


def _list_hook(type_: Any, converter: Any) -> StructureHook:
    """A list is written as one: a text alone would be taken for the list of its letters."""
    structure_list = homogenous_tuple_structure_factory(type_, converter)

    def hook(value: Any, type_: Any) -> Any:
        if not isinstance(value, list | tuple):
            msg = f"is not a list: {value!r}"
            raise ValueError(msg)
        return structure_list(value, type_)

    return hook


def _table_hook(type_: Any, converter: Any) -> StructureHook:
    structure_table: StructureHook = make_dict_structure_fn(type_, converter, _cattrs_forbid_extra_keys=True)

    def hook(value: Any, type_: Any) -> Any:
        if not isinstance(value, Mapping):
            msg = f"is not a table: {value!r}"
            raise ValueError(msg)
        return structure_table(value, type_)

    return hook


def _make_converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook_factory(_is_tuple, _list_hook)
    converter.register_structure_hook_factory(attrs.has, _table_hook)
    for type_ in (int, float, str, bool):
        converter.register_structure_hook(type_, _strict)
    for moment in (date, datetime, time):
        converter.register_structure_hook(moment, _date_or_time)
    converter.register_structure_hook_func(lambda one: isinstance(one, type) and issubclass(one, Enum), _enum)
    converter.register_structure_hook(Any, lambda value, _: value)
    converter.register_structure_hook(
        Config,
        make_dict_structure_fn(
            Config,
            converter,
            _cattrs_forbid_extra_keys=True,
            folder=cattrs.override(omit=True),
            config_hash=cattrs.override(omit=True),
        ),
    )
    converter.register_structure_hook(ListMapping, _list_mapping)
    return converter


_converter = _make_converter()
_plain_list_mapping = _table_hook(ListMapping, _converter)
