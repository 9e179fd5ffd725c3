"""Whatever is put together out of a format's pieces keeps the promises of reading, as does what fuzzing found."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from promises import TARGETS, check_text

from ingest import readers
from ingest.readers import Decoded, Unreadable
from ingest.readers.archive import Archive
from ingest.readers.forms import shown_name

_CHOICES = st.lists(st.integers(0, 255), max_size=60)


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(chosen=_CHOICES)
def test_any_input_keeps_the_promises(target: str, chosen: list[int]) -> None:
    TARGETS[target](chosen)


FOUND = {
    "the mark of a footnote without a text": "Sở Y tế\n\n¹\n",
    "a foot longer than a passage": f"1\tSở\t2\nNơi nhận:\n{'x' * 2_100}\nSở",
    "a head longer than a passage": f"BÁO CÁO\n{'Kết quả rà soát ' * 200}\n\nNội dung.\n",
}


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_what_fuzzing_found_keeps_the_promises(text: str) -> None:
    assert check_text(Decoded(text)).chunks


def test_name_in_an_archive_is_shown_on_one_line(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("a\nb.txt", b"")
    with Archive(tmp_path / "a.zip") as found, pytest.raises(Unreadable) as refused:
        readers.decode(found.load(*found.names), shown_name(*found.names))
    assert "\n" not in str(refused.value)
