"""The public names: those that stand flat, and those of each room."""

from inspect import ismodule

import sanctions_model

__all__ = ["PUBLIC", "ROOMS"]

ROOMS = {
    name: room
    for name in sanctions_model.__all__
    if ismodule(room := getattr(sanctions_model, name))
}
PUBLIC = {
    name: getattr(room, name)
    for room in (sanctions_model, *ROOMS.values())
    for name in room.__all__
    if name not in ROOMS
}
