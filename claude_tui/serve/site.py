"""The site: access control, the page with a terminal, and the socket behind each terminal.

Every request passes `_guard`, which checks its host, origin and token before anything else is read. The
page loads textual-serve's script and fonts from here, and its policy lets it load nothing from elsewhere.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from aiohttp import WSCloseCode, WSMsgType, web

from claude_tui.serve.access import Access
from claude_tui.serve.connections import Connections
from claude_tui.serve.packets import MessageError, Ping, Size, read_message
from claude_tui.serve.session import Program, Session

__all__ = ["Plan", "Site"]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_MAX_MESSAGE = 1 << 20
"""Enough for a paste; other input of a terminal is a few bytes."""
_MAX_FORM = 1 << 14
_HEARTBEAT_S = 15.0
"""A browser that does not respond within half of this time has left."""
_SEEN_FOR_S = 30 * 86_400
_HEADERS = {
    "Server": "claude-top",
    "Cache-Control": "no-store",
    # Not `no-referrer`: Chromium would send the login form with an unknown origin.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_OWN = {"page.css": "text/css", "page.js": "text/javascript"}


@dataclass(frozen=True, slots=True)
class Plan:
    """The configuration of the site."""

    program: Program
    """The program to start for each browser."""
    access: Access
    """Who has access."""
    most_sessions: int
    """How many browsers at a time."""
    say: Callable[[str], None]
    """Prints messages for the operator; never a URL, which may contain a token."""


class Site:
    """The web application of one server, and its open sessions."""

    def __init__(self, plan: Plan, connections: Connections | None = None) -> None:
        self._plan = plan
        self._connections = connections or Connections()
        self._cookie = "claude-top"
        self._page = resources.files("claude_tui.serve") / "page"
        self._sockets: set[web.WebSocketResponse] = set()
        self._begun = 0

    def application(self, port: int) -> web.Application:
        """The application of a server on `port`, whose cookie is named after it, as ports share cookies."""
        self._cookie = f"claude-top-{port}"
        app = web.Application(middlewares=[self._guard], client_max_size=_MAX_FORM)
        app.add_routes(
            [
                web.get("/", self._index),
                web.post("/login", self._login),
                # A HEAD request would start a dashboard, too.
                web.get("/ws", self._socket, allow_head=False),
                *(web.get(f"/{name}", self._own_file) for name in _OWN),
                web.static("/static", _scripts()),
            ]
        )
        app.on_shutdown.append(self._close)
        return app

    # -- access ------------------------------------------------------------------

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await self._answer(request, handler)
        except web.HTTPException as error:
            response = _plain(HTTPStatus(error.status))
        except OSError as error:
            # A name that no file can have.
            if error.errno != errno.ENAMETOOLONG:
                raise
            response = _plain(HTTPStatus.NOT_FOUND)
        if not response.prepared:
            response.headers.update(_HEADERS)
            known = self._plan.access.knows_host(request.host)
            response.headers["Content-Security-Policy"] = _policy(request.host if known else "")
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        access = self._plan.access
        if (wrong := self._foreign_request(request)) is not None:
            return _plain(wrong)
        if request.method == "POST" and request.path == "/login":
            return await handler(request)
        if "token" in request.query:
            return self._shown(request, request.query["token"])
        if access.is_cookie(request.cookies.get(self._cookie)):
            return await handler(request)
        if request.method == "GET" and request.path == "/":
            return self._html("login.html", HTTPStatus.UNAUTHORIZED)
        return _plain(HTTPStatus.UNAUTHORIZED)

    def _foreign_request(self, request: web.Request) -> HTTPStatus | None:
        """The response to a request that a page of another site may have made."""
        access = self._plan.access
        if not access.knows_host(request.host):
            return HTTPStatus.MISDIRECTED_REQUEST
        asks_as_page = request.method == "POST" or request.path == "/ws"
        if asks_as_page and not access.knows_origin(request.headers.get("Origin"), request.host):
            return HTTPStatus.FORBIDDEN
        return None

    async def _login(self, request: web.Request) -> web.StreamResponse:
        try:
            form = await request.post()
        except (ValueError, LookupError, web.RequestPayloadError):
            # An unknown encoding, bytes that are not valid in it, or a form without its boundary.
            return _plain(HTTPStatus.BAD_REQUEST)
        return self._shown(request, str(form.get("token", "")))

    def _shown(self, request: web.Request, token: str) -> web.StreamResponse:
        """Responds to a token: with a cookie and a redirect to the page, or with 401."""
        if not self._plan.access.is_token(token):
            return _plain(HTTPStatus.UNAUTHORIZED)
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "./"})
        response.set_cookie(
            self._cookie,
            self._plan.access.cookie,
            max_age=_SEEN_FOR_S,
            httponly=True,
            samesite="Strict",
            secure=request.headers.get("X-Forwarded-Proto", request.scheme) == "https",
        )
        return response

    # -- the page -----------------------------------------------------------------------

    async def _index(self, _: web.Request) -> web.StreamResponse:
        if len(self._sockets) >= self._plan.most_sessions:
            return _plain(HTTPStatus.SERVICE_UNAVAILABLE, _FULL)
        return self._html("page.html", HTTPStatus.OK)

    async def _own_file(self, request: web.Request) -> web.StreamResponse:
        name = request.path.removeprefix("/")
        return web.Response(body=(self._page / name).read_bytes(), content_type=_OWN[name], charset="utf-8")

    def _html(self, name: str, status: HTTPStatus) -> web.Response:
        return web.Response(
            text=(self._page / name).read_text("utf-8"), content_type="text/html", status=status
        )

    # -- sessions -----------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """Runs a dashboard while the browser is connected."""
        try:
            size = Size.of(request.query.get("width", 80), request.query.get("height", 24))
        except MessageError:
            return _plain(HTTPStatus.BAD_REQUEST)
        if len(self._sockets) >= self._plan.most_sessions:
            return _plain(HTTPStatus.SERVICE_UNAVAILABLE, _FULL)
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, max_msg_size=_MAX_MESSAGE)
        # The response is prepared here, before the guard could change it.
        socket.headers.update(_HEADERS)
        self._sockets.add(socket)
        try:
            await socket.prepare(request)
            self._connections.keep(request.transport)
            await self._serve(socket, size, str(request.remote))
        finally:
            self._sockets.discard(socket)
        return socket

    async def _serve(self, socket: web.WebSocketResponse, size: Size, remote: str) -> None:
        self._begun += 1
        number, say = self._begun, self._plan.say
        session = await Session.start(self._plan.program, size, socket.send_bytes)
        say(f"session {number} of {remote} begins ({len(self._sockets)} of {self._plan.most_sessions})")
        sides = [asyncio.create_task(session.run()), asyncio.create_task(_listen(socket, session))]
        try:
            await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for side in sides:
                side.cancel()
            await asyncio.shield(session.end())
            await asyncio.gather(*sides, return_exceptions=True)
            await socket.close()
            say(f"session {number} has ended")

    async def _close(self, _: web.Application) -> None:
        closing = (socket.close(code=WSCloseCode.GOING_AWAY) for socket in set(self._sockets))
        await asyncio.gather(*closing, return_exceptions=True)


async def _listen(socket: web.WebSocketResponse, session: Session) -> None:
    """Forwards the browser's messages until it disconnects or sends an invalid one."""
    async for received in socket:
        if received.type is not WSMsgType.TEXT:
            return
        try:
            message = read_message(received.data)
        except MessageError:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION)
            return
        if isinstance(message, Ping):
            await socket.send_json(["pong", message.text])
        else:
            await session.send(message)


_FULL = "All sessions of this server are in use: try again when somebody has left."


def _plain(status: HTTPStatus, text: str = "") -> web.Response:
    return web.Response(status=status, text=text or f"{status.value}: {status.phrase}")


def _policy(host: str) -> str:
    """The content security policy: nothing from other hosts, no framing. `host` is valid or empty."""
    sockets = f" ws://{host} wss://{host}" if host else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
        f"img-src data:; connect-src 'self'{sockets}; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


def _scripts() -> Path:
    """textual-serve's script, fonts and styles. Raises ModuleNotFoundError without the extra."""
    found: Traversable = resources.files("textual_serve") / "static"
    return Path(str(found))
