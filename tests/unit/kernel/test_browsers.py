"""What a page calls the browser of a session."""

import pytest

from kernel.templatetags.browsers import browser_name

ENGINE = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {ENGINE} Chrome/142.0.0.0 Safari/537.36", "Chrome on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64) {ENGINE} Chrome/142.0.0.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Linux; Android 15) {ENGINE} Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Firefox/144.0", "Firefox on Mac"),
        ("warehouse-scanner/2.1", "warehouse-scanner/2.1"),
        ("", "Unknown program"),
    ],
)
def test_a_session_is_called_by_its_browser_and_where_that_runs(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
