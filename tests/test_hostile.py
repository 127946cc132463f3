"""Hostile templates and packages: refused in time and memory, with nothing written, fetched or started.

Every case runs in a process of its own, forked from one that has loaded everything (`python -m tests.test_hostile
GROUP`), with 200 MB of address space above what is loaded. The group's process prints what became of each case.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from docxtpl import Listing

from planforge import Template, archive, inspection, opc
from planforge.errors import PlanforgeError
from tests.bodies import docx, paragraph, with_body
from tests.packages import BUILDERS, Raw, attached, document, field, good, raw_parts, raw_zip, related
from tests.test_compiler import HOSTILE, HOSTILE_STATEMENTS

ROOT = Path(__file__).parent.parent
MEMORY = 200 << 20
SECONDS = 3.0
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and counts processes as Linux does")


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that deflate cannot shrink."""
    return random.Random(seed).randbytes(size)


def spread(element: str, count: int) -> bytes:
    """A body of many elements, each a little different: deflate shrinks it less than the limit of the ratio."""
    numbers = random.Random(1)
    return with_body("".join(element.format(numbers.getrandbits(40)) for _ in range(count)))


def loops(count: int, inside: str) -> str:
    return "".join(f"{{% for x{n} in items %}}" for n in range(count)) + inside + "{% endfor %}" * count


def formatted(properties: str, text: str) -> bytes:
    """A run with much formatting."""
    return with_body(f"<w:p><w:r>{properties.format('<w:b/>' * 10_000)}<w:t>{text}</w:t></w:r></w:p>")


def cut(tag: str, times: int) -> bytes:
    """Tags whose letters each stand in a run of their own."""
    runs = "".join(f"<w:r><w:t>{letter}</w:t></w:r>" for letter in tag)
    return with_body(f"<w:p>{runs * times}</w:p>")


DOUBLE = "{% set t = 'abcdefgh' %}" + "{% set t = t ~ t %}" * 60 + "{{ t }}"
ITEMS: dict[str, object] = {
    "items": list(range(100)),
    "text": "ө & <ү>" * 100,
    "unlike": [{f"k{n}": 1} for n in range(20_000)],
    "lines": Listing("\a" * 50_000),
    "none": {"v": None},
}

TEMPLATES: dict[str, Callable[[], bytes]] = {
    "braces": lambda: docx("{" * 60_000),
    "opening braces": lambda: docx("{{" * 30_000),
    "opening statements": lambda: docx("{%" * 30_000),
    "opening comments": lambda: docx("{#" * 30_000),
    "quotes in a tag": lambda: docx("{{ " + "'" * 30_001 + " }}"),
    "many tags": lambda: docx("{{ plan.title }}" * 5_001),
    "a huge tag": lambda: docx("{{ plan.title ~ '" + "ө" * 1_000_000 + "' }}"),
    "deep brackets": lambda: docx("{{ " + "(" * 1_900 + "1" + ")" * 1_900 + " }}"),
    "deep lists": lambda: docx("{{ " + "(" * 900 + "1" + ",)" * 900 + " }}"),
    "a long sum": lambda: docx("{{ 1" + "+1" * 1_900 + " }}"),
    "a long negation": lambda: docx("{{ " + "not " * 900 + "plan }}"),
    "a long path": lambda: docx("{{ plan" + ".plan" * 700 + " }}"),
    "many filters": lambda: docx("{{ plan.title" + "|lower" * 600 + " }}"),
    "a long condition": lambda: docx("{{ " + "1 if 1 else " * 300 + "1 }}"),
    "a long number": lambda: docx("{{ " + "9" * 3_900 + " }}"),
    "nine loops": lambda: docx(loops(9, "x").replace("items", "plan.all_measures")),
    "a thousand loops": lambda: docx(loops(1_000, "x").replace("items", "plan.all_measures")),
    "a thousand conditions": lambda: docx("{% if plan %}" * 1_000 + "x" + "{% endif %}" * 1_000),
    "a thousand branches": lambda: docx("{% if plan %}" + "{% elif plan %}" * 1_000 + "{% endif %}"),
    "a tag in ten thousand runs": lambda: cut("{{ " + "x" * 10_000 + " }}", 1),
    "braces in runs": lambda: cut("{{", 20_000),
    "loops never closed": lambda: docx("\n".join(["{%p for m in plan.all_measures %}"] * 2_000)),
    "ends of other blocks": lambda: docx("\n".join(["{%p if plan.stage %}"] * 2_000 + ["{%p endfor %}"] * 2_000)),
    "conditions never closed, paragraphs": lambda: with_body(
        paragraph("{%p if plan.stage %}") * 2_000 + "<w:p/>" * 20_000
    ),
    "formatting of a run that is cut": lambda: formatted("<w:rPr>{}</w:rPr>", "{% if plan.stage %}x{% endif %}" * 1_000),
    "formatting around values": lambda: with_body(
        "<w:p><w:pPr>{}</w:pPr>{}</w:p>".format(
            "<w:tab/>" * 10_000,
            "".join(
                f'<w:r><w:rPr><w:sz w:val="{n}"/></w:rPr><w:t>{{{{r plan.title }}}}</w:t></w:r>' for n in range(1_000)
            ),
        )
    ),
    "ends never opened": lambda: docx("\n".join(["{%p endfor %}"] * 2_000)),
    "paragraphs": lambda: with_body("<w:p/>" * 2_000_000),
    "different paragraphs": lambda: spread('<w:p a="{:x}"/>', 600_000),
    "runs in one paragraph": lambda: with_body(f"<w:p>{'<w:r/>' * 600_000}</w:p>"),
    "tables in cells": lambda: with_body(nested_tables(60)),
    "text boxes in text boxes": lambda: with_body(
        "<w:p><w:r><w:pict><w:txbxContent>" * 300 + "</w:txbxContent></w:pict></w:r></w:p>" * 300
    ),
    "attributes": lambda: with_body("<w:p " + " ".join(f'a{n}=""' for n in range(600_000)) + "/>"),
    "names": lambda: with_body("".join(f"<w:n{n}/>" for n in range(510_000))),
}  # fmt: skip
"""Templates that do not compile."""

RENDERED: dict[str, Callable[[], bytes]] = {
    "eight loops": lambda: docx(loops(8, "{{ text }}")),
    "four loops over nothing": lambda: docx(loops(4, "")),
    "loops that leave everything out": lambda: docx(
        "{% for a in unlike %}{% for b in unlike if b == a and not b %}{% endfor %}{% endfor %}"
    ),
    "output in loops": lambda: docx(loops(3, "{{ text }}")),
    "paragraphs in loops": lambda: docx(
        "{%p for a in items %}\n{%p for b in items %}\n" + "ө" * 50_000 + "\n{%p endfor %}\n{%p endfor %}"
    ),
    "a value that is missing again and again": lambda: docx(
        "{% for x in unlike %}{{ x.y }}{{ (none.v + 1) }}{% endfor %}"
    ),
    "formatting of lines": lambda: formatted("<w:rPr>{}</w:rPr>", "{{ lines }}"),
    "formatting of paragraphs": lambda: with_body(
        f"<w:p><w:pPr>{'<w:tab/>' * 10_000}</w:pPr><w:r><w:t>{{{{ lines }}}}</w:t></w:r></w:p>"
    ),
    "a text that doubles": lambda: docx(DOUBLE),
    "joins that grow": lambda: docx("{% set t = text %}" + "{% set t = (t, t, t) | join(t) %}" * 20),
    "lists that double": lambda: docx("{% set t = '' %}" + "{% set t = (t, t) %}" * 60 + "{{ t }}"),
    "a list of long texts": lambda: docx(
        "{% set t = text %}" + "{% set t = t ~ t %}" * 11 + "{{ " + "(t, t, t) ~ " * 250 + "1 }}"
    ),
}
"""Templates that compile, and render data that is not theirs to harm."""


def nested_tables(depth: int) -> str:
    grid = "<w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid>"
    return f"<w:tbl>{grid}<w:tr><w:tc>" * depth + "<w:p/>" + "</w:tc></w:tr></w:tbl><w:p/>" * depth


def bombs() -> dict[str, Callable[[], bytes]]:
    """Packages that are small and would be large, or take long."""
    megabyte = 1 << 20
    lie = Raw("word/media/image1.png", size=100, packed=deflated(300 * megabyte))
    kernel = Raw("word/media/a.png", noise(200_000))
    count = len(raw_parts())
    return {
        "400 MB of zeros": lambda: raw_zip(raw_parts(Raw("word/media/a.png", size=400 << 20, packed=deflated(400 << 20)))),
        "300 MB that say 100 bytes": lambda: raw_zip(raw_parts(lie)),
        "an XML part of 60 MB": lambda: raw_zip(raw_parts(Raw("word/comments.xml", b"<a>" + b" " * (60 << 20)))),
        "parts that overlap": lambda: raw_zip(
            [*raw_parts(kernel), *(Raw(f"word/media/{n}.png", kernel.data, share=count) for n in range(900))]
        ),
        "3,000 parts": lambda: raw_zip(raw_parts(*(Raw(f"word/media/{n}.png", b"x") for n in range(3_000)))),
        "a text of 30 MB": lambda: stored(with_body(paragraph("ө" * 15_000_000))),
        "an attribute of 30 MB": lambda: stored(with_body(f'<w:p a="{"x" * 30_000_000}"/>')),
        "a comment of 30 MB": lambda: stored(with_body(f"<!--{'x' * 30_000_000}-->")),
        "a name of 30 MB": lambda: stored(with_body(f"<w:{'x' * 30_000_000}/>")),
        "8,000,000 elements": lambda: stored(with_body("<a/>" * 7_500_000)),
        "1,500,000 elements and a script": lambda: stored(document("<w:p/>" * 1_900_000 + field("DDE a")).to_bytes()),
        "900 parts of XML": lambda: raw_zip(
            raw_parts(*(Raw(f"customXml/i{n}.xml", b"<a>" + b"<b/>" * 30_000 + b"</a>") for n in range(900)), Raw("x.dat"))
        ),
        "30,000 relationships": lambda: many_relationships(30_000),
        "100,000 fields": lambda: document(field("DDE") * 20_000).to_bytes(),
        "a field of 100,000 runs": lambda: document(field(*["D"] * 100_000)).to_bytes(),
        "fields in fields": lambda: document(
            "<w:p>" + '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>IF</w:instrText></w:r>' * 30_000
            + "</w:p>"
        ).to_bytes(),
        "100,000 entries declared": lambda: raw_zip(raw_parts(), count=0xFFFF),
    }  # fmt: skip


def deflated(size: int) -> bytes:
    """That many zeros, deflated without ever being there: after a full flush the same block comes again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * (size >> 20) + packer.flush()


def stored(data: bytes) -> bytes:
    """The package with its parts stored: no ratio gives it away."""
    return opc.write(archive.store(name, part) for name, part in opc.unpack(data).parts.items())


def many_relationships(count: int) -> bytes:
    package = related("image", "http://127.0.0.1:{port}/a.png", external=True)
    name = "word/_rels/document.xml.rels"
    text = package.parts[name].decode()
    start = text.index('<Relationship Id="rId99"')
    line = text[start : text.index("</Relationships>")]
    return package.replace({name: text.replace(line, line * count).encode()}).to_bytes()


def calls_home(port: int) -> dict[str, Callable[[], bytes]]:
    """Packages that would fetch something from this port, each in another way."""
    web = f"http://127.0.0.1:{port}"
    styles = "word/styles.xml"

    def entity(declaration: str) -> bytes:
        return good().replace({styles: f"<!DOCTYPE a [{declaration}]><a>&x;</a>".encode()}).to_bytes()

    return {
        "entity": lambda: entity(f'<!ENTITY x SYSTEM "{web}/x">'),
        "parameter entity": lambda: entity(f'<!ENTITY % y SYSTEM "{web}/y"> %y;'),
        "document type": lambda: good().replace({styles: f'<!DOCTYPE a SYSTEM "{web}/a.dtd"><a/>'.encode()}).to_bytes(),
        "schema": lambda: good().replace({
            styles: f'<?xml-model href="{web}/a.rng"?><?xml-stylesheet href="{web}/a.xsl" type="text/xsl"?>'
            f'<!DOCTYPE a><a xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="a {web}/a.xsd"/>'.encode()
        }).to_bytes(),
        "inclusion": lambda: good().replace({
            styles: f'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{web}/a.xml"/><'.encode()
        }).to_bytes(),
        "picture": lambda: related("image", f"{web}/a.png", external=True).to_bytes(),
        "frame": lambda: related("frame", f"{web}/", external=True).to_bytes(),
        "template": lambda: attached(f"{web}/a.dotm"),
        "field": lambda: document(field(f'INCLUDEPICTURE "{web}/a.png"')).to_bytes(),
        "object": lambda: related("oleObject", f"{web}/a.xlsx", external=True).to_bytes(),
    }  # fmt: skip


LARGE = {"too_large", "many_elements", "large_xml_by_type"}
"""What the other groups try, larger still."""
SOUND = {"local_template", "cell_without_paragraph"}
"""What is read, with a warning or with a fault of form."""


def cases(group: str, port: int) -> dict[str, Callable[[], bytes]]:
    """The cases of a group by name."""
    if group == "expressions":
        texts = [*(f"{{{{ {expression} }}}}" for expression in HOSTILE), *HOSTILE_STATEMENTS]
        return {text: partial(docx, text) for text in texts}
    if group == "packages":
        return {name: build for name, build in BUILDERS.items() if name not in LARGE | SOUND}
    if group == "calls home":
        return calls_home(port)
    return {"templates": TEMPLATES, "rendered": RENDERED, "bombs": bombs()}[group]


# -- the processes -----------------------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What became of a case: the codes of its problems, or what else was raised; what it took, and what it left.

    Seconds of the processor, so that a busy machine says the same.
    """

    codes: list[str]
    foreign: str | None
    seconds: float
    megabytes: float
    touched: list[str]
    """What the audit hooks saw: files opened for writing, sockets, processes."""


TOUCHING = ("socket.", "subprocess.", "os.fork", "os.exec", "os.posix_spawn", "os.system", "os.mkdir", "os.rename")


def attempt(group: str, source: Path) -> Outcome:
    """Runs one case in this process, which ends after it."""
    import resource

    touched: list[str] = []

    def watch(event: str, args: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes or event.startswith(TOUCHING):
            touched.append(f"{event} {args[:1]}")

    sys.addaudithook(watch)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins here
    touched.clear()
    before = memory("VmRSS")
    codes: list[str] = []
    foreign = None
    started = time.process_time()
    try:
        if group == "rendered":
            Template.open(source, schema=None).render(ITEMS)
        elif group in ("expressions", "templates", "packages"):
            Template.open(source)
        else:
            inspection.read(source)
    except PlanforgeError as error:
        codes = [problem.code for problem in error.problems]
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
        foreign = repr(error)[:300]
    seconds = time.process_time() - started
    if Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").strip():
        touched.append("a child process")
    return Outcome(codes, foreign, seconds, (memory("VmHWM") - before) / 1024, touched)


def memory(what: str) -> int:
    """A line of /proc/self/status, in KiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what + ":"))


def forked(work: Callable[[], object]) -> None:
    """Does it in a process of its own."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def run_group(group: str, port: int, folder: Path) -> dict[str, dict[str, object]]:
    """The outcomes of a group; each case is built in one process and tried in another."""
    warm_up = Template.open(docx("{{ plan.title }}"), schema=None)  # loads what is loaded late, before the forks
    warm_up.render({"plan": {"title": ""}})
    source, answer = folder / "in" / "case.docx", folder / "in" / "outcome"
    (folder / "in").mkdir()
    (folder / "work").mkdir()
    os.chdir(folder / "work")
    outcomes = {}
    for name, build in cases(group, port).items():
        answer.unlink(missing_ok=True)
        forked(lambda build=build: source.write_bytes(build()))  # type: ignore[misc]
        forked(lambda: answer.write_text(json.dumps(asdict(attempt(group, source))), encoding="utf-8"))
        outcomes[name] = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else {"foreign": "killed"}
    return outcomes


if __name__ == "__main__":
    print(json.dumps(run_group(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))))  # noqa: T201 - the answer


# -- the tests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["expressions", "templates", "rendered", "packages", "bombs", "calls home"])
def test_hostile(group: str, tmp_path: Path) -> None:
    """Every case is refused by planforge itself, in time and memory; nothing is written, fetched or started."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        arguments = [sys.executable, "-m", "tests.test_hostile", group, str(port), str(tmp_path)]
        environment = {**os.environ, "TMPDIR": str(tmp_path / "work"), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(arguments, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    outcomes = {name: Outcome(**outcome) for name, outcome in json.loads(done.stdout).items()}
    assert len(outcomes) == len(cases(group, 0)) > 0
    wrong = {
        name: outcome
        for name, outcome in outcomes.items()
        if outcome.foreign
        or not outcome.codes
        or outcome.seconds > SECONDS
        or outcome.megabytes > MEMORY / (1 << 20)
        or outcome.touched
    }
    assert wrong == {}
    assert list((tmp_path / "work").iterdir()) == []


def test_there_are_enough() -> None:
    """At least thirty hostile templates besides the expressions, and twenty-five packages."""
    assert len(TEMPLATES) + len(RENDERED) >= 30
    assert len(HOSTILE) + len(HOSTILE_STATEMENTS) >= 40
    assert len(bombs()) + len(cases("calls home", 0)) >= 25


def test_without_network() -> None:
    """Reading, rendering and refusing work where there is no network at all."""
    alone = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system does not let a process leave the network (unshare)")
    suites = [f"tests/test_{name}.py" for name in ("compiler", "reader", "render")]
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0"]
    arguments = [*alone, sys.executable, "-m", "pytest", *options, *suites]
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
