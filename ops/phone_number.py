"""Every way in which people and providers write one phone number.

What is compared are whole runs of digits, with what may stand between them: `(555) 123-4567`, `%2B15551234567`, an
escape of JSON. A longer run that merely contains the number, as ids do, is another thing; so is the same national
number behind another country's code.
"""

import re
import unicodedata
from functools import cached_property
from urllib.parse import unquote

E164 = re.compile(r"\+[1-9]\d{6,14}")
# Calling codes of one and two digits; all others have three (ITU-T E.164, annex).
ONE_DIGIT = "17"
TWO_DIGITS = re.compile("20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")
# What is dialled before a national number, where it is no 0. North America's 1 is its calling code as well.
TRUNKS = {"7": "8", "36": "06", "375": "8"}
# Shorter national numbers are dates and amounts as often as numbers: without any prefix they count only with nothing
# but spaces between their digits, and the shortest not at all.
SURE_DIGITS = 9
FEWEST_DIGITS = 7
SECONDS_DIGITS = 10  # ten digits from 1: a time in seconds since 1970, until 2033

BETWEEN = r"[\s().\[\]/·+-]{0,4}"
SPACES = r" {0,2}"
DASHES = re.compile("[\u2010-\u2015\u2212]")
# Soft hyphens and marks of direction, which are invisible.
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
OTHER_DIGITS = re.compile(r"[^\x00-\x7f]")
# In JSON within JSON the backslash itself is escaped.
ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")
ROUNDS = 3


class PhoneNumber:
    """A number, and the patterns that find it in a text."""

    def __init__(self, number: str) -> None:
        digits = number.removeprefix("+")
        self.e164 = number
        length = 1 if digits[0] in ONE_DIGIT else 2 if TWO_DIGITS.match(digits) else 3
        self.code, self.national = digits[:length], digits[length:]

    @property
    def masked(self) -> str:
        """Enough of it to know it by, for people and logs."""
        return f"+{self.code}…{self.national[-2:]}"

    def is_in(self, text: str) -> bool:
        """Whether a text holds the number, however it is written and escaped."""
        return any(self._matches(reading) for reading in _readings(text))

    def _matches(self, text: str) -> bool:
        # Begins with a digit that regular expressions look for quickly: nearly every text ends here.
        if not self._core.search(text):
            return False
        if self._whole.search(text):
            return True
        return any(not found["abroad"] for found in self._at_home.finditer(text))

    @cached_property
    def _core(self) -> re.Pattern[str]:
        """The digits that every way of writing has."""
        return re.compile(_spread(self.national, BETWEEN))

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        """With its calling code, a prefix to call abroad before it, or a trunk prefix written along."""
        code, national = _spread(self.code, BETWEEN), _spread(self.national, BETWEEN)
        return re.compile(rf"(?<!\d)(?:(?:00|011){BETWEEN})?{code}{BETWEEN}(?:0{BETWEEN})?{national}(?!\d)")

    @cached_property
    def _at_home(self) -> re.Pattern[str]:
        """As it is dialled within its country. Behind another country's code it is another number."""
        forms = [_spread(TRUNKS.get(self.code, "0") + self.national, BETWEEN)]
        if len(self.national) >= SURE_DIGITS:
            if not (len(self.national) == SECONDS_DIGITS and self.national.startswith("1")):
                forms.append(_spread(self.national, BETWEEN))
        elif len(self.national) >= FEWEST_DIGITS:
            forms.append(_spread(self.national, SPACES))
        abroad = rf"(?P<abroad>(?:\+\s?\d{{0,4}}|00|011){BETWEEN})?"
        return re.compile(rf"(?<!\d){abroad}(?:{'|'.join(forms)})(?!\d)")


def _spread(digits: str, between: str) -> str:
    return between.join(digits)


def _readings(text: str) -> list[str]:
    """The text as it stands and, where anything in it is escaped, as it reads then."""
    readings = [_plain(text)]
    for _ in range(ROUNDS):
        read = ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text) if "\\u" in text else text
        read = unquote(read) if "%" in read else read
        if read == text:
            break
        text = read
        readings.append(_plain(text))
    return readings


def _plain(text: str) -> str:
    """Digits, dashes and spaces of every script as ASCII has them."""
    if text.isascii():
        return text
    text = UNSEEN.sub("", DASHES.sub("-", unicodedata.normalize("NFKC", text)))
    return OTHER_DIGITS.sub(lambda found: str(unicodedata.digit(found[0], found[0])), text)
