"""Who may talk to the app: this machine's browser, with the token, from the app's own pages."""

from __future__ import annotations

import hmac
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: The one address that needs no token.
HEALTH = "/healthz"
#: Names of this machine that a page of the app may be opened under. Any other name could be one that points
#: here for a while only (DNS rebinding).
_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # plotly sets styles
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Guard:
    """Lets a request through that comes to this machine, from this app, with its token.

    The token comes as ``?token=`` of the first address, which is answered by a cookie and the same address
    without it, as that cookie, or as ``Authorization: Bearer``.

    Args:
        app: what is guarded.
        token: the secret.
        port: that the app is served on.
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self.app = app
        self._token = token
        self._hosts = {f"{host}:{port}" for host in _HOSTS} | ({*_HOSTS} if port == 80 else set())
        self._origins = {f"http://{host}" for host in self._hosts}
        self._cookie = f"leaching-{port}"  # cookies do not tell ports apart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it with 401 or 403."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        response = self._answer(scope)
        await (self.app if response is None else response)(scope, receive, told)

    def _answer(self, scope: Scope) -> PlainTextResponse | RedirectResponse | None:
        """Return why a request is refused, or where it is sent; None where it may pass."""
        headers, query = Headers(scope=scope), QueryParams(scope["query_string"])
        if headers.get("host") not in self._hosts:
            return PlainTextResponse("This name of the machine is not served.", 403)
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            return PlainTextResponse("A page of another origin may not ask here.", 403)
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("A page of another site may not ask here.", 403)
        if scope["path"] == HEALTH:
            return None
        if self._known(query.get("token", "")) and scope["method"] == "GET":
            rest = urlencode([(k, v) for k, v in query.multi_items() if k != "token"])
            path = "/" + scope["path"].lstrip("/")  # two of them would name another host
            response = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
            response.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
            return response
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        cookie = cookie_parser(headers.get("cookie", "")).get(self._cookie, "")
        if self._known(bearer) or self._known(cookie):
            return None
        return PlainTextResponse("Open the address that the app has printed, with its token.", 401)

    def _known(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())
