"""Whether the text that a file gives can be Vietnamese as printed.

PDF files carry a map from drawn shapes to letters; where it is broken the page looks right and the text is not: a
letter is missing everywhere, or others stand in its place.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache

# Onsets and rimes of the language's syllables, tones aside (Đoàn Thiện Thuật, Ngữ âm tiếng Việt).
_ONSETS = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split()  # noqa: SIM905
_RIMES = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung uơ uôc uôi uôm uôn uông uôt
up ut uy uya uych uyên uyêt uynh uyt uyu ư ưa ưc ưi ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y ych yêm yên yêt yêu
ynh yt
""".split()  # noqa: SIM905
TONES = str.maketrans("", "", "\u0300\u0301\u0303\u0309\u0323")
_WORD = re.compile(r"[^\W\d_]+")
_FOREIGN = re.compile(r"[\ue000-\uf8ff\ufffd\u0080-\u009f]")

_ENOUGH = 300  # letters below which nothing can be said


@cache
def _possible() -> frozenset[str]:
    return frozenset(_RIMES) | {onset + rime for onset in _ONSETS for rime in _RIMES} | {"gin"}


@cache
def is_syllable(word: str) -> bool:
    """Whether a word can be a syllable of Vietnamese."""
    bare = unicodedata.normalize("NFD", word.lower()).translate(TONES)
    return unicodedata.normalize("NFC", bare) in _possible()


def mend(text: str) -> str:
    """Letters that fonts are known to take for others and that Vietnamese has not: ƣ for ư, the Icelandic Ð for Đ."""
    return text.translate(str.maketrans("ƣƢÐ", "ưƯĐ"))


def fault(text: str) -> str | None:
    """What shows that a text was not read as printed, in Vietnamese; None when nothing does."""
    letters = Counter(char for char in text if char.isalpha())
    total = letters.total()
    if total < _ENOUGH:
        return None
    if len(_FOREIGN.findall(text)) > 0.005 * total:
        return "nhiều ký tự không có trong bảng chữ"
    upper = {char: n for char, n in letters.items() if char.isupper()}
    if sum(upper.values()) >= 150 and len(upper) >= 10:  # the same few words again and again show nothing
        missing = [char for char in "HNTC" if char not in upper]
        if missing:
            return f"thiếu chữ {missing[0]} viết hoa"
    if total - sum(upper.values()) >= 1_000:
        missing = [char for char in "nhtigcao" if char not in letters]
        if missing:
            return f"thiếu chữ {missing[0]}"
    words = [word for word in _WORD.findall(text) if len(word) > 1 and not (word.isupper() and word.isascii())]
    if len(words) < 50 or sum(word.isascii() for word in words) > 0.9 * len(words):
        return None  # another language, or Vietnamese without marks
    share = sum(map(is_syllable, words)) / len(words)
    return f"{round(100 * (1 - share))}% số âm tiết không phải tiếng Việt" if share < 0.88 else None
