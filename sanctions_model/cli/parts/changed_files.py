"""Whether the bundled files are still those that a fit was made from."""

from typing import TYPE_CHECKING

from sanctions_model.data.observations import load_observations
from sanctions_model.data.user_tables import TableMapping
from sanctions_model.economies.registry import economy_of, find_economy
from sanctions_model.inference.fit import Fit
from sanctions_model.inference.priors.ledger import load_priors
from sanctions_model.scm.serialization import content_hash, spec_hash

if TYPE_CHECKING:
    pass


def differences_from_files(fitted: Fit) -> list[str]:
    """Return what differs between a fit and the bundled files now: data, priors or equations.

    A fit of a user's own table or priors is compared in what it shares with the bundled files; a
    fit of another model, which no run of the bundled files made, shares nothing with them.
    """
    manifest = fitted.manifest
    found: list[str] = []
    inputs = manifest.get("inputs", {})
    economy = find_economy(inputs["economy"]) if "economy" in inputs else economy_of(fitted.scm)
    if economy is None:
        return found if not inputs else ["equations"]
    scm = economy.transmission(fitted.scm.periods_per_year)
    if inputs.get("mapping") is not None:
        scm = TableMapping.model_validate(inputs["mapping"]).relabel(scm)
    if spec_hash(scm) != manifest["spec_sha256"]:
        found.append("equations")
    if inputs.get("priors") is None:
        now = content_hash(
            load_priors(economy=economy.name).model_dump(mode="json", exclude={"origin"})
        )
        if now != manifest["priors"]["sha256"]:
            found.append("priors")
    if inputs.get("data") is None:
        data = load_observations(scm=scm).attrs.get("data_sha256")
        found += ["data"] if data != manifest["data"]["sha256"] else []
    return found
