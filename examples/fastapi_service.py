"""A web service: an office uploads its Word template once, then posts plans and reports and gets documents.

    pip install planforge fastapi python-multipart uvicorn
    uvicorn fastapi_service:app --app-dir examples

    curl -F file=@form.docx localhost:8000/templates
    curl --data-binary @plan.json -OJ 'localhost:8000/documents?template=plan'

Whatever is wrong with a template or with data is answered with 422 and `{"problems": [...]}`: code, place, text, hint,
in Mongolian and English. Endpoints are plain functions, so they run in the thread pool: rendering does not hold up the
event loop. Who may upload is for the application around it to decide.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request, Response, UploadFile
from fastapi.responses import JSONResponse

from planforge import PlanforgeError, Template, batch, check, file_names, jobs, parse, save
from planforge.errors import DataError, TemplateError, has_errors
from planforge.source import kind_of

STORE = Path(os.environ.get("TEMPLATES", "templates"))
"""Uploaded templates by content digest: several processes may share the folder."""
MAX_BODY = 10 * 1024 * 1024
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}

app = FastAPI(title="planforge")


@app.middleware("http")
async def limit_size(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuses large bodies before they are read; servers hold clients to the length that they declare."""
    if request.method == "POST":
        length = request.headers.get("content-length", "")
        if not length.isdecimal():
            return Response(status_code=411)
        if int(length) > MAX_BODY:
            return Response(status_code=413)
    return await call_next(request)


@app.exception_handler(PlanforgeError)
def refuse(request: Request, error: PlanforgeError) -> JSONResponse:
    """Every fault at once. What cannot be written here (PF502–PF504) is not the client's fault."""
    ours = any(problem.code in ("PF502", "PF503", "PF504") for problem in error.problems)
    problems = [] if ours else [problem.as_json() for problem in error.problems]
    return JSONResponse({"problems": problems}, status_code=500 if ours else 422)


@app.post("/templates", status_code=201)
def upload(file: UploadFile) -> dict[str, object]:
    """Keeps a template that has no faults; `template` in the answer is its name for `/documents`."""
    content = file.file.read()
    # What is no Word file says so by being opened; a check would take it for a data file or a layout.
    problems = check(content) if kind_of(content) == "document" else Template.open(content).warnings
    # Without a tag it would print the same for everybody: somebody's finished document, most likely.
    if has_errors(problems) or any(problem.code == "PF335" for problem in problems):
        raise TemplateError(problems)
    template = Template.open(content)
    STORE.mkdir(parents=True, exist_ok=True)
    save(content, STORE / f"{template.digest}.docx")
    return {"template": template.digest, "problems": [problem.as_json() for problem in problems]}


@lru_cache(maxsize=64)
def compiled(name: str) -> Template:
    """An uploaded template by its digest or a built-in one by its name, compiled once; it may serve many threads."""
    path = STORE / f"{name}.docx"
    return Template.open(path) if re.fullmatch("[0-9a-f]{64}", name) and path.is_file() else Template.builtin(name)


async def body(request: Request) -> bytes:
    """The body as it came: planforge reads it itself, so numbers stay as typed and faults have line and column."""
    return await request.body()


@app.post("/documents", response_class=Response, openapi_extra=BODY)
def make(content: Annotated[bytes, Depends(body)], template: str, today: date | None = None) -> Response:
    """The document of a plan or report; its warnings, such as what the form leaves out, are named in a header."""
    form = compiled(template)
    loaded = parse(content)
    if loaded.value is None:
        raise DataError(loaded.problems)
    document, problems = batch.document(loaded.value, form, today=today or date.today())
    if document is None:
        raise DataError(problems)
    unit = jobs.job_of(loaded.value, 1).unit
    name = quote(file_names.safe(unit, unit), safe="")
    warnings = sorted({problem.code for problem in [*loaded.problems, *problems]})
    headers = {
        "Content-Disposition": f"attachment; filename=\"document.docx\"; filename*=UTF-8''{name}",
        "Planforge-Warnings": " ".join(warnings),
    }
    return Response(document, media_type=DOCX, headers=headers)
