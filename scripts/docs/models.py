"""Extension of griffe: pydantic's models get the parameters that they are made with.

Pydantic makes `__init__` at run time, so that the source, which griffe reads, has none: without
this the reference would call every field required, and the build would warn of each.
"""

import inspect
from typing import Any

import griffe
from pydantic import BaseModel

import sanctions_model

__all__ = ["Models"]


class Models(griffe.Extension):
    """Add `__init__` to the public models of the package."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Add the parameters of each public model, with the annotations of the source."""
        if pkg.name != sanctions_model.__name__:
            return
        flat = {name: getattr(sanctions_model, name) for name in sanctions_model.__all__}
        rooms = [item for item in flat.values() if inspect.ismodule(item)]
        inside = {name: getattr(room, name) for room in rooms for name in room.__all__}
        for name, model in (flat | inside).items():
            if inspect.isclass(model) and issubclass(model, BaseModel):
                path = f"{model.__module__}.{name}".removeprefix(f"{pkg.name}.")
                _add_init(pkg[path], model)


def _add_init(shown: griffe.Class, model: type[BaseModel]) -> None:
    stated = {}
    for owner in (*reversed(shown.mro()), shown):
        stated |= {n: m.annotation for n, m in owner.members.items() if m.is_attribute}
    init = griffe.Function("__init__", parent=shown, returns="None")
    init.parameters = griffe.Parameters(
        griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword),
        *(
            griffe.Parameter(
                name,
                annotation=stated.get(name),
                kind=griffe.ParameterKind.keyword_only,
                default=None
                if field.is_required()
                else repr(field.get_default(call_default_factory=True)),
            )
            for name, field in model.model_fields.items()
        ),
    )
    shown.set_member("__init__", init)
