"""How long to wait for a network that may be slow: one factor for every pause and time limit."""

from __future__ import annotations

import functools
import math
import os

from qualitygate.errors import ReleaseCode, ReleaseError

_VARIABLE = "QUALITYGATE_PATIENCE"


@functools.cache
def factor() -> float:
    """By what pauses and time limits are multiplied.

    Raises:

        ReleaseError: The variable holds no positive number.
    """
    text = os.environ.get(_VARIABLE) or "1"
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < 1000:
        raise ReleaseError(ReleaseCode.NOT_READY, f"{_VARIABLE} is {text!r}, no number above 0", "mend or unset it")
    return number
