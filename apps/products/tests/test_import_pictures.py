"""Pictures of an import: from the web, but never from private addresses; from beside the file, but never from above."""

import http.server
import io
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from apps.products.models.catalogue import Product, Variant
from apps.products.models.media import Media
from apps.products.rules.csv_reading import UnreadableFileError
from apps.products.rules.drawings import is_plain_drawing
from apps.products.services import importing_files, importing_sources
from apps.products.services.importing_files import opened
from apps.products.services.importing_sources import FolderPictures, PictureFetcher, PictureUnavailableError
from apps.products.tests.importing import NoWeb, counts, csv, imported, png

HEADER = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src,Image Position,Image Alt Text,Variant Image"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'


@pytest.fixture
def host() -> Iterator[str]:
    """A host on the loopback that points to what it must not, and never ends what it sends."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/to/"):
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/to/"))
                self.end_headers()
                return
            self.send_response(200 if self.path != "/gone.png" else 404)
            if self.path == "/slow.png":
                self.flush_headers()
                self.wfile.write(b"X-Long:")
                with suppress(OSError):  # until nobody listens any more
                    while True:
                        self.wfile.write(b" ")
                        time.sleep(0.01)
            self.end_headers()
            body = b"x" * 2_000_000 if self.path == "/huge.png" else png()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def reason(fetcher: PictureFetcher, source: str) -> str:
    with pytest.raises(PictureUnavailableError) as refused:
        fetcher.fetch(source)
    return refused.value.message


@pytest.mark.parametrize(
    "address",
    [
        *("http://127.0.0.1/a.png", "http://127.1/a.png", "http://2130706433/a.png", "http://localhost/a.png"),
        *("http://[::1]/a.png", "http://[::ffff:127.0.0.1]/a.png", "http://169.254.169.254/latest/meta-data/"),
        *("http://10.0.0.1/a.png", "http://192.168.1.1/a.png", "http://172.16.0.1/a.png", "http://0.0.0.0/a.png"),
        *(
            "http://[fe80::1]/a.png",
            "http://[fc00::1]/a.png",
            "http://[fec0::1]/a.png",
            "http://[::127.0.0.1]/a.png",
            "http://100.64.0.1/a.png",
            "https://127.0.0.1/a.png",
        ),
    ],
)
@pytest.mark.once
def test_a_private_address_is_never_asked(address: str) -> None:
    assert reason(PictureFetcher(), address) == "its address is private"


@pytest.mark.once
def test_a_name_that_leads_to_a_private_address_is_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.1.2.3", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)

    assert reason(PictureFetcher(), "http://pictures.example/a.png") == "its address is private"


@pytest.mark.once
def test_a_redirect_to_a_private_address_is_not_followed(host: str) -> None:
    fetcher = PictureFetcher(allows_loopback=True)

    assert reason(fetcher, f"{host}/to/http://169.254.169.254/latest/") == "its address is private"
    assert reason(fetcher, f"{host}/to/http://10.0.0.1/") == "its address is private"
    assert reason(fetcher, f"{host}/to/file:///etc/passwd") == "its host points to something that is not on the web"
    assert reason(fetcher, f"{host}/to/{host}/to/{host}/to/{host}/to/{host}/a.png").startswith("its host points from")
    assert fetcher.fetch(f"{host}/to/{host}/a.png") == png()


@pytest.mark.once
def test_a_picture_that_is_gone_or_too_large_is_left_out(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing_sources, "MAX_BYTES", 1024 * 1024)
    fetcher = PictureFetcher(allows_loopback=True)

    assert reason(fetcher, f"{host}/gone.png") == "its host answered 404"
    assert reason(fetcher, f"{host}/huge.png") == "it is larger than 1 MB"


@pytest.mark.once
def test_a_host_whose_answer_never_ends_is_given_up_like_one_that_gives_none(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing_sources, "TOTAL_SECONDS", 0.1)
    fetcher = PictureFetcher(allows_loopback=True)

    for _ in range(importing_sources.FAILURES_OF_A_HOST):
        assert reason(fetcher, f"{host}/slow.png") == "its host cannot be reached"
    assert reason(fetcher, f"{host}/slow.png") == "its host did not answer before and was not asked again"


@pytest.mark.once
def test_a_host_that_does_not_answer_is_given_up() -> None:
    fetcher = NoWeb()

    said = [reason(fetcher, f"https://x.example/{number}.png") for number in range(5)]

    assert said[:3] == ["its host cannot be reached"] * 3
    assert said[3:] == ["its host did not answer before and was not asked again"] * 2
    assert len(fetcher.asked) == 3


@pytest.mark.once
def test_a_closed_network_is_given_up_after_a_few_hosts() -> None:
    fetcher = NoWeb()

    for number in range(40):
        reason(fetcher, f"https://host{number}.example/a.png")

    assert len(fetcher.asked) == 12


@pytest.mark.once
@pytest.mark.parametrize(
    "path", ["../secret.png", "/etc/passwd.png", "pictures/../../secret.png", "link.png", "a\\b.png", "a.txt", "\0.png"]
)
def test_a_path_never_leads_out_of_the_folder(path: str, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png())
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "link.png").symlink_to(tmp_path / "secret.png")

    with pytest.raises(PictureUnavailableError):
        FolderPictures(folder).read(path)


@pytest.mark.once
@pytest.mark.parametrize(
    ("drawing", "is_plain"),
    [
        (DRAWING, True),
        (b"<svg><script>alert(1)</script></svg>", False),
        (b'<svg onload="x()"/>', False),
        (b'<svg><a href="javascript:x"/></svg>', False),
        (b'<svg xmlns:xlink="http://www.w3.org/1999/xlink"><use xlink:href="http://x.example"/></svg>', False),
        (b'<!DOCTYPE svg [<!ENTITY x "y">]><svg/>', False),
        (b'<svg><rect fill="url(http://x.example)"/></svg>', False),
        (b'<svg><rect style="background:url(x)"/></svg>', False),
        (b'<svg><rect fill="u\\72l(http://x.example/#a)"/></svg>', False),
        (b'<svg><rect fill="java&#9;script:x"/></svg>', False),
        (b"""<svg><rect mask="image-set('https://x.example/a.png' 1x)"/></svg>""", False),
        (b'<svg xmlns="http://x.example"><rect/></svg>', False),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><rect aria-label="A mug (blue)"/></svg>', True),
        (b'<svg><rect fill="url(&#10;http://x.example/#a)"/></svg>', False),
        (b'<svg><path d="M0 0\n\tL1 1" fill="url(#a)"/></svg>', True),
        (b"<html/>", False),
        (b"<svg>", False),
    ],
)
def test_only_drawings_of_shapes_are_kept(drawing: bytes, is_plain: bool) -> None:
    assert is_plain_drawing(drawing) is is_plain


@pytest.mark.django_db
def test_pictures_that_came_along_are_kept_checked_and_linked() -> None:
    content = csv(
        "mug,Mug,Colour,Red,3,pictures/red.png,2,A red mug,pictures/red.png",
        "mug,,,Blue,3,pictures/top.svg,1,From above,",
        "mug,,,,,pictures/bad.png,3,,",
        header=HEADER,
    )
    pictures = NoWeb(red_png=png(), top_svg=DRAWING, bad_png=b"no picture")

    outcome = imported(content, fetcher=pictures)

    assert (outcome.pictures_added, [problem.row for problem in outcome.left_out]) == (2, [4])
    shown = list(Media.objects.order_by("position").values_list("source_url", "alt", "content_type"))
    assert shown == [
        ("pictures/top.svg", "From above", "image/svg+xml"),
        ("pictures/red.png", "A red mug", "image/png"),
        ("pictures/bad.png", "", ""),
    ]
    assert Media.objects.get(alt="A red mug").variant == Variant.objects.get(option1="Red")
    assert [picture["alt"] for picture in Product.objects.get().pictures] == ["From above", "A red mug"]
    assert counts(imported(content, fetcher=pictures)) == (0, 0, 1, 0)


@pytest.mark.django_db
def test_a_picture_that_was_left_out_is_tried_again_later() -> None:
    content = csv("mug,Mug,,,3,pictures/red.png,1,,", header=HEADER)
    imported(content)

    outcome = imported(content, fetcher=NoWeb(red_png=png()))

    assert counts(outcome) == (0, 1, 0, 0)
    assert outcome.pictures_added == 1
    assert Media.objects.get().file
    assert Product.objects.get().picture_url


def archive(**members: bytes) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("_csv", ".csv"), content)
    return out


@pytest.mark.once
@pytest.mark.parametrize(
    ("file", "message"),
    [
        (archive(readme=b"x"), "The archive holds no products.csv."),
        (archive(products_csv=b"Handle\n"), "The column “Title” is missing."),
        (archive(products_csv=b"x" * 3_000_000), "The CSV in the archive is larger than 1 MB."),
        (io.BytesIO(b"PK\x03\x04 broken"), "The archive is damaged."),
    ],
)
def test_an_archive_that_is_not_ours_is_refused(
    file: io.BytesIO, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing_files, "MAX_CSV_BYTES", 1024 * 1024)

    with pytest.raises(UnreadableFileError) as refused, opened(file):
        pass

    assert refused.value.message == message


@pytest.mark.once
@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("name", ["products.csv", "picture.png"])
def test_an_archive_packed_in_a_way_that_has_no_bounds_is_refused_unread(way: int, name: str) -> None:
    """Python unpacks these whole, whatever length they claim: 400 bytes became 700 MiB of memory."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("products.csv", b"Handle,Title\n")
        file.writestr(f"a-{name}", b"0" * 1_000_000, way)

    with pytest.raises(UnreadableFileError, match="packed in an unusual way"), opened(out):
        pass


@pytest.mark.once
def test_an_archive_whose_bytes_were_changed_is_called_damaged() -> None:
    broken = bytearray(archive(products_csv=bytes(range(256)) * 400, picture=png()).getvalue())
    broken[50:110] = bytes(byte ^ 0xFF for byte in broken[50:110])
    with (
        pytest.raises(UnreadableFileError, match="The archive is damaged, or needs a password"),
        opened(io.BytesIO(broken)),
    ):
        pass

    whole = bytearray(archive(picture=bytes(range(256)) * 400).getvalue())
    whole[40:100] = bytes(byte ^ 0xFF for byte in whole[40:100])
    with pytest.raises(PictureUnavailableError, match="the archive is damaged there"):
        importing_sources.ArchivePictures(zipfile.ZipFile(io.BytesIO(whole))).read("picture")


@pytest.mark.once
def test_an_address_that_is_none_is_a_picture_left_out() -> None:
    assert reason(PictureFetcher(), "http://[bad/a.png") == "its address cannot be read"
