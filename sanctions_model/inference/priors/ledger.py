"""Beliefs about parameters, each with its rationale and sources: read, checked, sampled.

A prior is stated once, in a TOML file or by hand. The PyMC model takes its arguments as data;
numpy draws from it and evaluates its density here, so that prior-only answers compile nothing.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from pydantic import BaseModel, ConfigDict

from sanctions_model import dims
from sanctions_model.coercion import generator_of
from sanctions_model.data.bundled import data_path
from sanctions_model.data.evidence import load_evidence
from sanctions_model.data.fields import Whole
from sanctions_model.display import html_table
from sanctions_model.errors import PriorError, did_you_mean, shown
from sanctions_model.inference.priors.families import Belief, Fixed, Prior, Relative
from sanctions_model.inference.priors.patterns import is_pattern, matching, stated_for
from sanctions_model.inference.priors.reading import read_group, read_toml, table_of
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses, note_centres, parameter_coords, parameter_dims

# Parameters whose bare name serves every label without an own prior.
_FOR_EVERY_ONE = {"intercept", "scale", "degrees_of_freedom", "crisis_multiplier"}
_FOR_EVERY_ONE |= {"persistence", "error_persistence"}
# Where a parameter lives: a prior with density outside is refused.
_SUPPORTS = {
    "persistence": (0.0, 1.0),
    "error_persistence": (0.0, 1.0),
    "recoverable_share": (0.0, 1.0),
    "recovery_speed": (0.0, 1.0),
    "crisis_multiplier": (0.0, np.inf),
    "scale": (0.0, np.inf),
    "degrees_of_freedom": (0.0, np.inf),
}


class Priors(BaseModel):
    """Priors of all parameters, by parameter and label, with where they came from.

    Parameters
    ----------
    entries : mapping of str to mapping of str to Prior
        By parameter, then by label; a label with a star, as ``* -> inflation``, serves all that it
        matches and that have no own, ``*`` every other one; a scalar has the label ``""``.
    periods_per_year : int
        The period that persistence, speeds and flow coefficients are stated for.
    origin : str
        Name of the file, for messages.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    entries: Mapping[str, Mapping[str, Prior]]
    periods_per_year: Whole = 4
    origin: str = "priors given by hand"

    def __repr__(self) -> str:
        """Say in a line how many beliefs these are, and from where."""
        return (
            f"Priors({self.origin!r}: {len(self.addresses)} beliefs, {self.periods_per_year} "
            "periods a year)"
        )

    def __str__(self) -> str:
        """Say it in a line."""
        return repr(self)

    def _repr_html_(self) -> str:
        """Show every prior with its arguments and sources."""
        rows = [
            {
                "parameter": address,
                "prior": f"{prior.family}({_arguments(prior)})",
                "unit": prior.unit,
                "sources": prior.sources
                if isinstance(prior.sources, str)
                else ", ".join(prior.sources),
            }
            for address, prior in ((address, self[address]) for address in self.addresses)
        ]
        return html_table(self.origin, rows)

    @classmethod
    def from_addresses(cls, priors: Mapping[str, Prior], *, periods_per_year: int = 4) -> "Priors":
        """Make priors from ``{"x -> y": Normal(...), "persistence[y]": Beta(...), "scale": ...}``.

        Parameters
        ----------
        priors : mapping of str to Prior
            By address; a bare ``scale``, ``intercept``, ``persistence``, ``degrees_of_freedom`` or
            ``crisis_multiplier`` serves every one that has no own, ``"* -> y"`` every link into y.
        periods_per_year : int
            Of the model; persistence, speeds and flow coefficients are stated for such periods.

        Raises
        ------
        PriorError
            If they are no mapping of priors.
        """
        if not isinstance(priors, Mapping):
            raise PriorError(
                f"Beliefs are {shown(priors)}; expected a mapping of priors by address."
            )
        entries: dict[str, dict[str, Prior]] = {}
        for address, prior in priors.items():
            name, label = _place(address)
            if not isinstance(prior, Belief):
                raise PriorError(
                    f"The belief about {address!r} is {shown(prior)}; expected a prior, as in "
                    "sm.Normal(mu=0, sigma=1)."
                )
            entries.setdefault(name, {})[label] = prior
        return cls(entries=entries, periods_per_year=periods_per_year)

    def __getitem__(self, address: str) -> Prior:
        """Return the prior stated for an address, as in ``priors["x -> y"]``.

        Raises `PriorError` if none is stated for it.
        """
        found = self.stated(*_place(address))
        if found is None:
            raise PriorError(
                f"{self.origin}: no prior for {address!r}.{did_you_mean(address, self.addresses)}"
            )
        return found

    def stated(self, name: str, label: str | None) -> Prior | None:
        """Return what is stated for a label of a parameter: by name, by a pattern or for all.

        Parameters
        ----------
        name : str
            Of the parameter, as ``coefficient``.
        label : str or None
            Along its dimension; None or ``""`` for a scalar.

        Returns
        -------
        Prior or None
            None where nothing is.

        Raises
        ------
        PriorError
            If two patterns match the label and differ.
        """
        try:
            return stated_for(self.entries.get(name, {}), label or "")
        except PriorError as error:
            raise PriorError(f"{self.origin}: {error}") from None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Addresses that have a prior, as `from_addresses` takes them."""
        return tuple(
            label if name == "coefficient" else f"{name}[{label}]" if label.strip("*") else name
            for name, group in self.entries.items()
            for label in group
        )

    def replace(self, changed: Mapping[str, Prior]) -> "Priors":
        """Return the same priors with some replaced, by address as in `from_addresses`.

        A pattern, as ``"* -> y"``, leaves no link that it matches its own; a bare ``scale`` no
        equation. Known values (`Fixed`) are definitions, which only another known value, or one
        stated for the parameter itself, replaces.

        Raises
        ------
        PriorError
            As `from_addresses`.
        """
        new = Priors.from_addresses(changed)
        merged = {name: dict(group) for name, group in self.entries.items()}
        for name, group in new.entries.items():
            own = merged.setdefault(name, {})
            for rule in filter(is_pattern, group):
                for label in tuple(own) if rule == "*" else matching(rule, tuple(own)):
                    if not isinstance(own[label], Fixed) or isinstance(group[rule], Fixed):
                        del own[label]
            own.update(group)
        return self.model_copy(update={"entries": merged})

    def for_model(
        self,
        scm: StructuralCausalModel,
        moments: Mapping[str, tuple[float, float]] | None = None,
    ) -> dict[str, Prior]:
        """Return one prior in absolute units for each parameter of a model, by address.

        Parameters
        ----------
        scm : StructuralCausalModel
            Whose parameters need a prior each.
        moments : mapping of str to tuple of float, optional
            Mean and deviation of each equation's series, for priors relative to it.

        Raises
        ------
        PriorError
            If a parameter has no prior, a prior names no parameter of the model, its support does
            not fit, or it is stated for another period length.
        """
        if self.periods_per_year != scm.periods_per_year:
            raise PriorError(
                f"{self.origin}: stated for {self.periods_per_year} periods a year, the model has "
                f"{scm.periods_per_year}; restate persistence, speeds and flow coefficients, with "
                f"periods_per_year = {scm.periods_per_year}."
            )
        known = addresses(scm)
        self._refuse_unknown(scm, known)
        found: dict[str, Prior] = {}
        for address, (name, label) in known.items():
            prior = self.stated(name, label)
            if prior is None:
                missing = [a for a, (n, own) in known.items() if self.stated(n, own) is None]
                every = f", or {name!r} for every one" if name != "coefficient" and label else ""
                others = f" Without one, too: {_listed(missing[1:])}." if missing[1:] else ""
                raise PriorError(
                    f"{self.origin}: parameter {address!r} has no prior; "
                    f"add the table {table_of(name, label)}{every}.{others}"
                )
            if isinstance(prior, Relative):
                prior = prior.scaled((moments or {}).get(label or ""))
            low, high = _SUPPORTS.get(name, (-np.inf, np.inf))
            known_value = prior.value if isinstance(prior, Fixed) else None
            at_edge = known_value in _EDGES.get(name, ())
            if prior.support[0] < low or prior.support[1] > high or at_edge:
                raise PriorError(
                    f"{self.origin}: {table_of(name, label)}: {prior.family} has density on "
                    f"{prior.support}; expected a prior within ({low}, {high})."
                )
            found[address] = prior
        return found

    def _refuse_unknown(
        self, scm: StructuralCausalModel, known: Mapping[str, tuple[str, str | None]]
    ) -> None:
        coords = parameter_coords(scm)
        dimension = parameter_dims(scm)
        pairs = {(name, label or "") for name, label in known.values()}
        for name, group in self.entries.items():
            for label in group:
                if (name, label) in pairs or (label == "*" and name in dimension):
                    continue
                if name == "degrees_of_freedom" and name not in dimension:
                    continue  # Gaussian noise: nothing to be free about
                choices = coords[dimension[name] or ""] if dimension.get(name) else list(dimension)
                if dimension.get(name) and is_pattern(label) and matching(label, choices):
                    continue
                raise PriorError(
                    f"{self.origin}: {table_of(name, label)} names no parameter of the model; "
                    f"there is {_listed(choices)}.{did_you_mean(label or name, choices)}"
                )

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Evidence ids that some prior rests on."""
        found = [
            source
            for group in self.entries.values()
            for prior in group.values()
            if not isinstance(prior.sources, str)
            for source in prior.sources
            if source != "judgement"
        ]
        return tuple(dict.fromkeys(found))


def _place(address: object) -> tuple[str, str]:
    """Return name and label of what an address means, as `Priors.entries` keeps them."""
    if not isinstance(address, str):
        raise PriorError(f"An address is {shown(address)}; expected text, as in 'x -> y'.")
    if "->" in address:
        return "coefficient", " -> ".join(part.strip() for part in address.split("->"))
    if address.endswith("]"):
        name, _, label = address[:-1].partition("[")
        return name, label
    return address, "*" if address in _FOR_EVERY_ONE else ""


def _listed(choices: list[str]) -> str:
    """Say what there is, of many the first few."""
    more = f" and {len(choices) - _SHOWN} more" if len(choices) > _SHOWN + 2 else ""
    return f"{', '.join(choices[:_SHOWN] if more else choices)}{more}"


_SHOWN = 8
# A known value at these edges leaves no model: a state that never adjusts, a shock of no size.
_EDGES = {
    "persistence": (1.0,),
    "error_persistence": (1.0,),
    "scale": (0.0,),
    "degrees_of_freedom": (0.0,),
}


def _arguments(prior: Prior) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in prior.arguments.items())


def load_priors(path: Path | str | None = None, *, economy: str = "anchored") -> Priors:
    """Read a priors file.

    With ``extends = "bundled"`` a file states only what differs from the bundled priors: a table
    without ``family`` changes arguments, one with it replaces the belief. ``"anchored"``,
    ``"growth"`` or the path of another file, from the folder of this one, may stand there as well.

    Parameters
    ----------
    path : path, optional
        A TOML file with one table a parameter; the bundled file of an economy by default.
    economy : str
        Whose bundled file, as in ``priors_anchored.toml``; a path goes before it.

    Returns
    -------
    Priors
        The beliefs, each with unit, rationale and sources as stated.

    Raises
    ------
    PriorError
        If the file is missing, empty or no TOML; if a table has an unknown family, a missing,
        unknown or impossible argument, no rationale, or a source id that does not exist. The
        message names file, table and reason.

    Examples
    --------
    >>> load_priors().entries["anchoring"][""].family
    'Beta'
    """
    return _read(_bundled(economy) if path is None else Path(path), economy, ())


def _bundled(economy: str) -> Path:
    return Path(data_path(f"priors_{economy}.toml"))


def _read(file: Path, economy: str, above: tuple[Path, ...]) -> Priors:
    """Read a file, and before it the one that it goes on from."""
    content = read_toml(file)
    base = _base(file, content.pop("extends", None), economy, above)
    periods = content.pop("periods_per_year", 4 if base is None else base.periods_per_year)
    if not isinstance(periods, int) or isinstance(periods, bool) or periods < 1:
        raise PriorError(f"{file.name}: periods_per_year is {shown(periods)}; expected 4 or 12.")
    if base is not None and periods != base.periods_per_year:
        raise PriorError(
            f"{file.name}: periods_per_year is {periods}, that of {base.origin} "
            f"{base.periods_per_year}; a file goes on from one of the same period."
        )
    entries = {
        name: read_group(
            file.name,
            name,
            tables,
            bare="*" if name in _FOR_EVERY_ONE else "",
            base=None if base is None else base.entries.get(name, {}),
            base_file="" if base is None else base.origin,
        )
        for name, tables in content.items()
    }
    if not entries:
        raise PriorError(f"{file.name} has no priors; expected one table a parameter.")
    origin = file.name if base is None else f"{file.name} on {base.origin}"
    whole: dict[str, Mapping[str, Prior]] = {**({} if base is None else base.entries), **entries}
    priors = Priors(entries=whole, periods_per_year=periods, origin=origin)
    known = load_evidence()
    for name, group in entries.items():
        for label, prior in group.items():
            for source in () if isinstance(prior.sources, str) else prior.sources:
                if source != "judgement" and source not in known:
                    raise PriorError(
                        f"{file.name}: {table_of(name, label)}: source {source!r} is not an id of "
                        f"evidence.csv.{did_you_mean(source, list(known.ids))}"
                    )
    return priors


def _base(file: Path, named: Any, economy: str, above: tuple[Path, ...]) -> Priors | None:
    """Read the priors that a file goes on from, none where it stands alone."""
    if named is None:
        return None
    files = {"bundled": _bundled(economy), **{n: _bundled(n) for n in ("anchored", "growth")}}
    there = files.get(named, file.parent / named) if isinstance(named, str) else file.parent
    if not there.is_file():
        raise PriorError(
            f"{file.name}: extends is {shown(named)}; write 'bundled', 'anchored', 'growth' or the "
            f"name of a priors file that is there.{did_you_mean(str(named), files)}"
        )
    chain = (*above, file.resolve())
    if there.resolve() in chain:
        raise PriorError(f"{file.name}: extends {named!r}, which goes on from this file itself.")
    return _read(there, economy, chain)


def sample_prior(
    scm: StructuralCausalModel,
    priors: Mapping[str, Prior],
    *,
    draws: int = 4000,
    chains: int = 1,
    random_seed: int = 0,
) -> xr.Dataset:
    """Draw all parameters from their priors, without PyMC.

    Parameters
    ----------
    scm, priors : StructuralCausalModel, mapping of str to Prior
        Whose parameters are drawn; by address, as `Priors.for_model` returns them.
    draws, chains : int
        Draws a chain, and chains.
    random_seed : int
        Of the draws; the same seed gives the same ones.

    Returns
    -------
    xr.Dataset
        Dims ``(chain, draw)`` plus each parameter's own.

    Raises
    ------
    QuestionError
        If the seed is no whole number of at least 0.
    """
    coords = parameter_coords(scm)
    known = addresses(scm)
    # One stream a parameter, named by its address: adding a link moves no other draw.
    streams = {address: generator_of(random_seed, address.encode()) for address in known}
    arrays: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}
    for name, dim in parameter_dims(scm).items():
        own = [
            priors[address].sample(streams[address], chains * draws).reshape(chains, draws)
            for address, (parameter, _) in known.items()
            if parameter == name
        ]
        if dim is None:
            arrays[name] = ((dims.CHAIN, dims.DRAW), own[0])
        else:
            arrays[name] = ((dims.CHAIN, dims.DRAW, dim), np.stack(own, axis=-1))
    used = {dim: labels for dim, labels in coords.items() if labels}
    coordinates = {dims.CHAIN: np.arange(chains), dims.DRAW: np.arange(draws), **used}
    return note_centres(scm, xr.Dataset(arrays, coords=coordinates))
