"""Times as decimal text and as nanoseconds."""

import decimal
import re

DECIMAL = re.compile(r"-?\d+(\.\d*)?")


def read_time(text: str) -> int:
    """Nanoseconds; what is finer is cut off towards the past. ValueError if it is no decimal number."""
    if not DECIMAL.fullmatch(text):
        raise ValueError(f"{text!r} is no decimal number of seconds")
    with decimal.localcontext() as context:
        context.prec = len(text) + 12
        return int((decimal.Decimal(text) * 10**9).to_integral_value(decimal.ROUND_FLOOR))


def show_time(nanoseconds: int) -> str:
    sign = "-" if nanoseconds < 0 else ""
    seconds, fraction = divmod(abs(nanoseconds), 10**9)
    return f"{sign}{seconds}" + (f".{fraction:09}".rstrip("0") if fraction else "")
