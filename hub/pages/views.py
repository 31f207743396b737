"""The pages that belong to no stage: thumbnails of drawings, and the choice of theme."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_POST, require_safe

from hub.pages.assets import digest
from hub.pages.context import THEMES
from hub.pages.pictures import thumbnail

A_YEAR_S = 365 * 86400


@require_safe
@gzip_page
@cache_control(public=True, max_age=7 * 86400)
@condition(etag_func=lambda request, codes: f'"{digest()}"' if digest() else None)
def drawing_thumb(request: HttpRequest, codes: str) -> HttpResponse:
    """A drawing with the zones of `codes` (joined by `_`) marked: vocabulary and no record, so anyone may."""
    named = codes.split("_")
    if len(named) > 6:
        raise Http404
    try:
        picture = thumbnail(named, request.GET.get("on", ""))
    except KeyError:
        raise Http404 from None
    return HttpResponse(picture, content_type="image/svg+xml")


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keeps light, dark or "as the device" in a cookie and returns to the page; the way without a script."""
    theme = request.POST.get("theme", "")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    answer = HttpResponseRedirect(back)
    if theme in THEMES:
        answer.set_cookie("theme", theme, max_age=A_YEAR_S, samesite="Lax", secure=request.is_secure())
    else:
        answer.delete_cookie("theme", samesite="Lax")
    return answer
