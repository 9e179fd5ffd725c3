"""Searches for inputs that break the promises of reading, guided by what code they reach (Atheris, the extra `fuzz`):

    python tests/fuzz.py docx -max_total_time=300

The targets are those of `promises.TARGETS`, the options those of libFuzzer. A finding is printed as the choices that
made it; they become a case in `test_fuzz.py`, with the mending.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

with atheris.instrument_imports(include=["ingest", "vectorstore"]):
    from promises import TARGETS


def main() -> None:
    target, *options = sys.argv[1:]
    check = TARGETS[target]

    def run(content: bytes) -> None:
        try:
            check(list(content))
        except Exception:
            print(target, list(content), file=sys.stderr)
            raise

    atheris.Setup([sys.argv[0], *options], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
