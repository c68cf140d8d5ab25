"""What both economies of Russia share: measures, levels, and what is quoted of them."""

from sanctions_model.scm.equations import Identity, Level
from sanctions_model.scm.variables import Variable

MEASURES = ("trade", "finance", "energy", "transport", "assets")


def levels() -> tuple[Level, ...]:
    """Return what adds up from growth rates, the same in every economy so that they compare."""

    def level(name: str, flow: str, label: str, sign: float = 1.0) -> Level:
        variable = Variable(name=name, label=label, unit="%", logs="level")
        return Level(variable=variable, flow=flow, sign=sign)

    return (
        level("price_level", "inflation", "consumer price level"),
        level("gdp_level", "gdp_growth", "GDP level"),
        level("rouble", "depreciation", "rouble against the dollar (+ = stronger)", sign=-1.0),
        level("import_level", "import_growth", "goods imports, USD value"),
        level("credit_level", "credit_growth", "real rouble credit to firms"),
        level("real_wage_level", "real_wage_growth", "real wage"),
    )


# Of paths: what is quoted of a calendar year and what others call it, and which driver is a target.
QUOTED_OF_PATHS = {
    "inflation_yoy": ("end", "inflation_december"),
    "key_rate": ("mean", "key_rate_average"),
}
TARGETS = {"inflation_yoy": "inflation_target"}
YEARLY_TARGETS = {"price_level": "inflation_target"}  # December on December
# What is quoted of a calendar year, by outcome, and what others who forecast it call it.
ANNUAL = {
    "gdp_level": ("growth", "gdp_growth"),
    "price_level": ("end", "inflation_december"),
    "key_rate": ("mean", "key_rate_average"),
    "rouble": ("growth", None),
    "real_wage_level": ("growth", None),
}


def variable_of(
    name: str,
    label: str,
    unit: str,
    *,
    column: str = "",
    plausible: tuple[float, float] | None = None,
) -> Variable:
    """Return a variable by its name, label and unit."""
    return Variable(name=name, label=label, unit=unit, column=column, plausible=plausible)


def change_of(name: str, of: str, label: str, unit: str) -> Identity:
    """Return the identity of a change from one quarter to the next."""
    return Identity(variable=variable_of(name, label, unit), terms={of: 1.0, f"{of}[1]": -1.0})
