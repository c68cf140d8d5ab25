"""What several files of tests of liftings elsewhere read."""

import pytest

from sanctions_model.elsewhere import load_relief_data
from sanctions_model.elsewhere.model.cells import build_cells


@pytest.fixture(scope="session")
def data():
    return load_relief_data()


@pytest.fixture(scope="session")
def cells(data):
    return build_cells(data)
