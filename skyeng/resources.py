"""Files that are installed with the package and stand at the top of a checkout: migrations, DDL and DAG files.

    python -m skyeng.resources dags

prints the folder of one kind, for example to copy the DAG files into the DAG folder of an Airflow of your own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

Kind = Literal["migrations", "ddl", "dags"]

#: Each kind in a checkout. A wheel has them below `skyeng/resources_`.
_IN_CHECKOUT: dict[Kind, str] = {"migrations": "warehouse/migrations", "ddl": "datamart/ddl", "dags": "dags"}


def folder(kind: Kind) -> Path:
    """The folder with the files of a kind."""
    package = Path(__file__).parent
    installed = package / "resources_" / kind
    return installed if installed.is_dir() else package.parent / _IN_CHECKOUT[kind]


def main() -> None:
    """Print the folder of the kind that the one argument names."""
    kind = sys.argv[1] if len(sys.argv) == 2 else ""
    if kind not in _IN_CHECKOUT:
        sys.exit(f"usage: python -m skyeng.resources {'|'.join(_IN_CHECKOUT)}")
    print(folder(kind))


if __name__ == "__main__":
    main()
