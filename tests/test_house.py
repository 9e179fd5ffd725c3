"""The arrows between the rooms, and the one door of each third-party library (the picture is in CONTRIBUTING.md)."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]

# A room, and the rooms that it may import.
ARROWS = {
    "vectorstore": set[str](),
    "ingest": {"vectorstore"},
    "assistant": {"vectorstore"},
    "evals": {"assistant", "vectorstore"},
    "ui": {"assistant", "evals", "ingest", "vectorstore"},
}

# A library, and the files that may import it. A file that has become a folder of the same name keeps its door.
DOORS = {
    "chromadb": {"vectorstore/store"},
    "httpx": {"vectorstore/store"},
    "huggingface_hub": {"vectorstore/embedding"},
    "sentence_transformers": {"vectorstore/embedding", "vectorstore/reranking", "vectorstore/training"},
    "sqlalchemy": {"vectorstore/library"},
    "tantivy": {"vectorstore/lexical"},
    "bm25s": {"evals/peers"},
    "langchain_text_splitters": {"evals/peers"},
    "langchain_core": {"assistant/chain"},
    "langchain_openai": {"assistant/model"},
    "bs4": {"ingest/readers/html"},
    "lxml": {"ingest/readers/markup"},
    "openpyxl": {
        "ingest/readers/spreadsheet",
        "ui/exports",
    },  # what people hand in is read, what they ask for is written
    "PIL": {"ingest/readers/ocr"},
    "pypdfium2": {"ingest/readers/pdf"},
    "fastapi": {"ui/api", "ui/page"},
    "starlette": {"ui/api", "ui/page"},
    "gradio": {"ui/page"},
    "platformdirs": {"ui/settings"},
    "pydantic_settings": {"ui/settings"},
}


def imports(source: str) -> set[str]:
    """The top-level names that a file imports, inside functions too, its own room's relative imports aside."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found.update(name.name for name in names)
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module)
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                found.add(module)
    return {name.partition(".")[0] for name in found}


def files(room: str) -> Iterator[tuple[str, set[str]]]:
    """The files of a room with what each imports: ("ingest/readers.py", {"pathlib", …})."""
    for path in sorted((ROOT / room).rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), imports(path.read_text(encoding="utf-8"))


def test_imports_finds_them_wherever_they_stand() -> None:
    source = (
        "import os.path, ingest.readers\n"
        "from ui import cli\n"
        "from . import schema\n"
        "def later():\n"
        "    import chromadb.config\n"
        "    importlib.import_module('gradio.themes')\n"
    )
    assert imports(source) == {"os", "ingest", "ui", "chromadb", "gradio"}


@pytest.mark.parametrize("room", ARROWS)
def test_room_imports_only_along_the_arrows(room: str) -> None:
    forbidden = (set(ARROWS) | {"tests"}) - ARROWS[room] - {room}
    assert {file: wrong for file, names in files(room) if (wrong := names & forbidden)} == {}


@pytest.mark.parametrize("library", DOORS)
def test_library_is_imported_at_its_door_alone(library: str) -> None:
    elsewhere = {
        file
        for room in ARROWS
        for file, names in files(room)
        if library in names and not any(file == f"{door}.py" or file.startswith(f"{door}/") for door in DOORS[library])
    }
    assert elsewhere == set()


def test_no_other_langchain_library_is_used() -> None:
    used = {name for room in ARROWS for _, names in files(room) for name in names if name.startswith("langchain")}
    assert used <= DOORS.keys()


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_imported_library_is_declared() -> None:
    project = pyproject()["project"]
    requirements = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    declared = {re.split(r"[^\w.-]", line)[0].replace("-", "_") for line in requirements}
    imported_as = {"pillow": "PIL", "beautifulsoup4": "bs4"}  # those that are not imported under their own names
    declared |= {name for library, name in imported_as.items() if library in declared}
    known = declared | sys.stdlib_module_names | ARROWS.keys()
    assert {file: missing for room in ARROWS for file, names in files(room) if (missing := names - known)} == {}


def test_every_package_is_listed_for_building() -> None:
    found = {
        folder.relative_to(ROOT).as_posix().replace("/", ".")
        for room in ARROWS
        for folder in [ROOT / room, *(ROOT / room).rglob("*/")]
        if any(folder.glob("*.py"))
    }
    assert found == set(pyproject()["tool"]["setuptools"]["packages"])
