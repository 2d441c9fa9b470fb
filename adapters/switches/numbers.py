"""Numbers as carriers want to be told them."""

from collections.abc import Callable

import phonenumbers
from phonenumbers import PhoneNumberFormat
from phonenumbers.phonenumberutil import NumberParseException

from dialer.ports import PeerError

__all__ = ["number_writer"]


def number_writer(number_format: str, region: str = "", prefix: str = "") -> Callable[[str], str]:
    """A function from E.164 to the carrier's form; it raises `PeerError` for what is no number.

    >>> number_writer("national", "KR")("+82212345678")
    '0212345678'
    """
    code = phonenumbers.country_code_for_region(region) if region else 0

    def write(e164: str) -> str:
        try:
            number = phonenumbers.parse(e164, None)
        except NumberParseException as error:
            raise PeerError("an order holds no number in E.164 form") from error
        plain = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        if number_format == "national" and number.country_code == code:
            national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
            return prefix + "".join(one for one in national if one.isdigit())
        return prefix + (plain if number_format == "e164" else plain.removeprefix("+"))

    return write
