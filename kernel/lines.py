"""Texts of one line: what strangers type there stands in letters that the shop signs."""

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

ONE_LINE = r"^[^\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*\Z"
"""No line ends of any alphabet, no signs that steer a terminal, none that turn the direction of reading."""

one_line = RegexValidator(ONE_LINE, _("Write this in one line, without control characters."), "not_one_line")
