"""What several tests share, and the report of what was skipped for want of a system package."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import servers
import sqlalchemy as sa

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


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real PostgreSQL server's own database."""
    with servers.postgresql() as url:
        yield url


@pytest.fixture
def database(postgresql: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database in a real PostgreSQL server."""
    made = sa.make_url(postgresql).set(drivername="postgresql+pg8000")
    engine = sa.create_engine(made, isolation_level="AUTOCOMMIT")
    name = f"cchc_{abs(hash(request.node.nodeid))}"
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
        yield made.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(scope="session")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Chroma server."""
    with servers.chroma(tmp_path_factory.mktemp("chroma")) as url:
        yield url


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
