"""Whether the bundled files are still those that a fit was made from."""

from sanctions_model.data.observations import load_observations
from sanctions_model.data.user_tables import TableMapping
from sanctions_model.economies.registry import economy_of, find_economy
from sanctions_model.inference.fit import Fit, beliefs_hash
from sanctions_model.inference.priors.ledger import load_priors
from sanctions_model.scm.serialization import equations_hash


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
    if equations_hash(scm) != equations_hash(fitted.scm):
        found.append("equations")
    if inputs.get("priors") is None:
        now = load_priors(economy=economy.name)
        if beliefs_hash(now) != beliefs_hash(fitted.problem.priors):
            found.append("priors")
    if inputs.get("data") is None:
        data = load_observations(scm=scm).attrs.get("data_sha256")
        found += ["data"] if data != manifest["data"]["sha256"] else []
    return found
