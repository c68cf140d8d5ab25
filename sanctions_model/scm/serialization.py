"""A model as plain JSON and back, and the hash that names it. No pickle, no evaluation."""

import dataclasses
import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from sanctions_model.errors import SpecError
from sanctions_model.scm import equations, variables
from sanctions_model.scm.model import StructuralCausalModel

_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        equations.Accumulator,
        variables.Affine,
        equations.AsymmetricAdjustment,
        variables.Constant,
        variables.Crisis,
        variables.Decay,
        equations.Exogenous,
        variables.Grow,
        variables.Hold,
        equations.Identity,
        variables.Indicator,
        equations.LatentAdjustment,
        equations.Level,
        equations.Linear,
        equations.PartialAdjustment,
        variables.Path,
        variables.Variable,
        StructuralCausalModel,
    )
}

# Words for a reader, and since when a driver's value is in force, which no draw depends on.
_SAID = {"label", "parameter_labels", "since"}


def to_dict(scm: StructuralCausalModel) -> dict[str, Any]:
    """Return the model as nested dicts, lists, strings and numbers."""
    plain: dict[str, Any] = _plain(scm)
    return plain


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _plain(getattr(value, field.name)) for field in _fields(value)}
        if isinstance(value, variables.Variable):
            fields["unit"] = value.kept_unit  # says the logs too
        return {"kind": type(value).__name__, **fields}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _fields(value: Any) -> list[dataclasses.Field[Any]]:
    return [
        field
        for field in dataclasses.fields(value)
        if field.init
        and not (isinstance(value, variables.Variable) and field.name == "logs")
        and not (
            field.metadata.get("omitted_at_default")
            and getattr(value, field.name) in (field.default, _made(field))
        )
    ]


def _made(field: dataclasses.Field[Any]) -> Any:
    made = field.default_factory
    return field.default if made is dataclasses.MISSING else made()


def from_dict(plain: Mapping[str, Any]) -> StructuralCausalModel:
    """Build the model that `to_dict` described.

    Raises `SpecError` if the description is not one of a model.
    """
    try:
        built = _build(plain)
    except SpecError:
        raise
    except (AttributeError, TypeError, ValueError) as error:
        raise SpecError(f"The description of the model does not fit: {error}.") from error
    if not isinstance(built, StructuralCausalModel):
        raise SpecError("The description is not one of a structural causal model.")
    return built


def _build(plain: Any) -> Any:
    if isinstance(plain, list):
        return tuple(_build(item) for item in plain)
    if not isinstance(plain, Mapping):
        return plain
    kind = plain.get("kind")
    if kind is None:
        return {key: _build(value) for key, value in plain.items()}
    if not isinstance(kind, str) or kind not in _KINDS:
        raise SpecError(f"Unknown kind {kind!r} in a model description.")
    arguments = {key: _build(value) for key, value in plain.items() if key != "kind"}
    if "noise" in arguments:
        arguments["noise"] = variables.Noise(arguments["noise"])
    return _KINDS[kind](**arguments)


def content_hash(plain: Any) -> str:
    """Return the SHA-256 of JSON content, independent of the order of keys."""
    text = json.dumps(plain, sort_keys=True, ensure_ascii=True, allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()


def spec_hash(scm: StructuralCausalModel) -> str:
    """Return the hash of the equations; centres, which the data set, do not count."""
    return content_hash(to_dict(scm.with_centres({})))


def equations_hash(scm: StructuralCausalModel) -> str:
    """Return the hash of the equations alone: what variables and parameters are called is none."""
    return content_hash(without_keys(to_dict(scm.with_centres({})), _SAID))


def without_keys(plain: Any, keys: Collection[str]) -> Any:
    """Return nested dicts and lists without the entries of these keys."""
    if isinstance(plain, Mapping):
        return {key: without_keys(own, keys) for key, own in plain.items() if key not in keys}
    return [without_keys(own, keys) for own in plain] if isinstance(plain, list) else plain
