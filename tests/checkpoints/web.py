"""A small web server on this machine: sends files whole or from where they are asked for, and misbehaves on demand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What is served, and how. `cuts` are the numbers of bytes after which the next connections break."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    mark: str = '"one"'
    asked: list[str] = field(default_factory=list)
    redirect: str = ""


@contextmanager
def site(**files: bytes) -> Iterator[Site]:
    """Serve files (`a_pkl` as /a.pkl) until the block ends."""
    here = Site(files={f"/{name.replace('_', '.')}": data for name, data in files.items()})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, here)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(request: BaseHTTPRequestHandler, here: Site) -> None:
    """One request."""
    asked = request.headers.get("Range", "")
    here.asked.append(asked)
    if here.redirect:
        request.send_response(302)
        request.send_header("Location", here.redirect)
        request.end_headers()
        return
    data = here.files.get(request.path)
    if data is None:
        request.send_error(404)
        return
    start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
    if not here.ranges or request.headers.get("If-Range", here.mark) != here.mark:
        start = 0
    request.send_response(206 if start else 200)
    if start:
        request.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
    for name, value in ({"ETag": here.mark, "Content-Length": str(len(data) - start)} | here.headers).items():
        request.send_header(name, value)
    request.end_headers()
    body = data[start:]
    if len(here.asked) > 1 and here.cuts:
        body = body[:here.cuts.pop(0)]
        request.close_connection = True
    try:
        request.wfile.write(body)
    except ConnectionError:
        request.close_connection = True
