"""What may be typed to pay by card."""

import pytest

from apps.orders.forms.payment import CardForm


@pytest.mark.parametrize(
    ("field", "typed", "is_taken"),
    [
        ("expiry", "12/30", True),
        ("expiry", "1230", True),
        ("expiry", "04 / 2031", True),
        ("expiry", "13/30", False),
        ("expiry", "a12/30", False),
        ("cvc", "1234", True),
        ("cvc", "a123", False),
        ("card_number", "4242-4242 42424242", True),
        ("card_number", "x424242424242", False),
    ],
)
def test_a_card_is_typed_as_people_type_it(field: str, typed: str, *, is_taken: bool) -> None:
    form = CardForm({"card_number": "4242424242424242", "expiry": "12/30", "cvc": "123"} | {field: typed})

    assert (field not in form.errors) is is_taken
