"""Requests whose heads hold what no text holds."""

from io import BytesIO

from kernel.http.readable import ReadableRequest


def test_a_cookie_that_spells_nul_is_left_out_for_a_database_would_stumble_over_it() -> None:
    sent = r'sessionid="\000\000abc"; cart_count=2; messages="a\054b"'

    request = ReadableRequest({"REQUEST_METHOD": "GET", "wsgi.input": BytesIO(), "HTTP_COOKIE": sent})

    assert request.COOKIES == {"cart_count": "2", "messages": "a,b"}
