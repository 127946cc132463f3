"""A Django view: the report of a unit as a Word document, or a page that says in Mongolian what is wrong with it.

    pip install planforge django
    python examples/django_view.py runserver
    # then http://localhost:8000/reports/progress-2025

`REPORTS` names the folder whose subfolders are the units, each with a `report.yaml`; `samples/` by default. An
application of its own would make the same mapping from its database and pass it to `Template.render`.
"""

from __future__ import annotations

import os
import sys
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template import Context, Engine
from django.urls import path

from planforge import PlanforgeError, Report, Template, file_names, load

REPORTS = Path(os.environ.get("REPORTS", Path(__file__).parent.parent / "samples"))

if not settings.configured:
    settings.configure(
        ROOT_URLCONF=__name__,
        SECRET_KEY=os.environ.get("SECRET_KEY", "only-for-this-example"),
        ALLOWED_HOSTS=["localhost", "127.0.0.1", "testserver"],
        LANGUAGE_CODE="mn",
        MIDDLEWARE=["django.middleware.security.SecurityMiddleware"],
    )

REFUSED = Engine().from_string("""\
<!doctype html>
<html lang="mn">
<meta charset="utf-8">
<title>Тайлан гарсангүй</title>
<h1>«{{ unit }}» нэгжийн тайлан гарсангүй</h1>
<p>Доорх алдааг засаад дахин оролдоно уу.</p>
<ol>
{% for problem in problems %}<li><b>{{ problem.where }}</b> {{ problem.message }} <i>{{ problem.hint }}</i></li>
{% endfor %}</ol>
""")


@cache
def form() -> Template:
    """Compiled once in each process, when the first report is asked for."""
    return Template.builtin("report")


def report(request: HttpRequest, unit: str) -> HttpResponseBase:
    """The unit's report as a download; 422 and its problems where it cannot be made."""
    # What the address says is only compared with the names of folders, never made a path.
    found = {file.parent.name: file for file in REPORTS.glob("*/report.yaml")}.get(unit)
    if found is None:
        raise Http404
    try:
        subject = load(found, Report)
        document = form().render(subject, today=date.today())
    except PlanforgeError as error:
        problems = [
            {
                "where": problem.place.describe("mn").removeprefix(f"{found.parent}{os.sep}") if problem.place else "",
                "message": problem.message("mn"),
                "hint": problem.hint("mn"),
            }
            for problem in error.problems
            if problem.is_error
        ]
        page = REFUSED.render(Context({"unit": unit, "problems": problems}))
        return HttpResponse(page, status=422)
    owner = subject.unit or subject.plan.owner
    return FileResponse(BytesIO(document), as_attachment=True, filename=file_names.safe(owner.name, unit))


urlpatterns = [path("reports/<str:unit>", report)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
