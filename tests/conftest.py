"""What several tests share, and the report of what was skipped for want of a system package."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SYSTEM_PACKAGE = "system package: "


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the sample reports."""
    return ROOT / "ingest" / "samples"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the repository with the originals, which is not published."""
    path = ROOT.parent / "shared"
    if not path.is_dir():
        pytest.skip(f"no folder {path.name} beside the repository")
    return path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the system packages that tests were skipped for; their reason is `system package: NAME`."""
    packages: set[str] = set()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        _, found, package = reason.partition(SYSTEM_PACKAGE)
        if found:
            packages.add(package.strip())
    if packages:
        terminalreporter.section("missing system packages")
        terminalreporter.line(", ".join(sorted(packages)))
