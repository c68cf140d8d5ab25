"""``python -m sanctions_model.elsewhere``: fit the panel and write the files of `prediction`."""

import argparse
import sys

from sanctions_model.data.bundled import data_path
from sanctions_model.elsewhere.model.fitting import fit_relief, write_relief_files
from sanctions_model.elsewhere.prediction import fit_summary, reliability
from sanctions_model.errors import SanctionsModelError


def main() -> None:
    """Fit, write, and say whether it converged."""
    parser = argparse.ArgumentParser(
        prog="python -m sanctions_model.elsewhere", description=__doc__
    )
    parser.add_argument("--out", default=str(data_path("relief_episodes.csv").parent))
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--tune", type=int, default=700)
    parser.add_argument("--chains", type=int, default=4)
    parser.add_argument("--allow-unconverged", action="store_true")
    options = vars(parser.parse_args())
    folder = options.pop("out")
    allowed = options["allow_unconverged"]
    try:
        fitted = fit_relief(**options)
        files = write_relief_files(fitted, folder, allow_unconverged=allowed)
    except SanctionsModelError as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(1) from None
    sys.stdout.write(f"{reliability(fit_summary(files[-1]))}\n")
    sys.stdout.writelines(f"{file}\n" for file in files)


if __name__ == "__main__":
    main()
