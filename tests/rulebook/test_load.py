from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkdoctor.rulebook.faults import InvalidRulebook, NoSuchFolder
from sparkdoctor.rulebook.load import load
from sparkdoctor.rulebook.source import user_rules
from sparkdoctor.rulebook.user import extended
from tests.books import book, rule, write

BUILTIN = load()
FINE = rule("TRI001", 'os.id == "ubuntu"')


def faults(folder: Path) -> list[str]:
    with pytest.raises(InvalidRulebook) as caught:
        load(str(folder))
    return [str(fault) for fault in caught.value.faults]


def test_a_sound_rulebook_loads(tmp_path: Path) -> None:
    loaded = book(tmp_path, FINE)
    assert list(loaded.rules) == ["TRI001"]
    assert loaded.version == "2026.01.01"


def test_the_shipped_rulebook_loads_and_is_toml_1_0() -> None:
    tomllib = pytest.importorskip("tomllib")
    from sparkdoctor.shipped import rulebook_folder

    assert load().rules
    for path in Path(rulebook_folder()).rglob("*.toml"):
        tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("entry", "at", "words"),
    [
        (rule("TRI001", 'gpu.nam == "x"'), "gpu.nam", "TRI001: when: no such fact: gpu.nam (did you mean gpu.name?)"),
        (rule("TRI001", "driver.version == 580"), "driver.version", 'write "580" in quotes'),
        (FINE.replace('severity = "error"', 'severity = "eror"'), "severity", "did you mean error?"),
        (FINE.replace("reviewed = 2026-01-01", 'reviewed = "soon"'), "reviewed", "reviewed must be a date"),
        (FINE.replace('"some-cause"', '"no-cause"'), "[[rule]]", "causes: 'no-cause' isn't in causes.toml"),
        (
            FINE.replace('component = "triton"', 'component = "tri"'),
            "[[rule]]",
            "component 'tri' isn't in rulebook.toml",
        ),
        (FINE.replace("[[rule.test]]\nfires = false\n", ""), "[[rule]]", "needs at least one [[rule.test]]"),
        (rule("TRI001", 'os.id == "x"', more='log = ["(?<!x)y"]'), "log", "look-around"),
        (
            rule("TRI001", "wsl", more='serverity = "info"'),
            "serverity",
            "no such key: serverity (did you mean severity?)",
        ),
        (rule("TRI001", "wsl", more='supersedes = ["TRI009"]'), "[[rule]]", "supersedes: there is no rule TRI009"),
        (rule("TRI001"), "[[rule]]", "neither when nor log"),
        (rule("TRI1", "wsl"), "id =", "isn't two to six capital letters and three digits"),
        (
            rule("TRI001", "wsl", title="On {gpu.nmae}"),
            "title",
            "title: no such fact: gpu.nmae (did you mean gpu.name?)",
        ),
        (FINE.replace("https://example.com/TRI001", "somewhere"), "somewhere", "neither https:// nor pkg:"),
        ("[[rule]]\nid = 7\n", "id = 7", "id must be a text"),
        ("[[rulez]]\nid = 7\n", "", "a rule file holds [[rule]]"),
        (rule("TRI002", "wsl") + FINE + "# again\n" + FINE, "# again", "this id is taken: rules.toml:"),
    ],
)
def test_faults_name_file_line_and_what_to_write(tmp_path: Path, entry: str, at: str, words: str) -> None:
    found = faults(write(tmp_path, entry))
    line = next((number for number, text in enumerate(entry.splitlines(), 1) if at and at in text), 0)
    line += at.startswith("#")
    place = f"rules.toml:{line}: " if line else "rules.toml: "
    assert any(fault.startswith(place) and words in fault for fault in found), found


@pytest.mark.parametrize(
    ("fix", "words"),
    [
        ('kind = "env"\nsafety = "safe"\neffect = "x"', "needs set or unset"),
        ('kind = "pin"\nsafety = "safe"\neffect = "x"', "a pin needs packages"),
        (
            'kind = "pin"\nsafety = "safe"\neffect = "x"\npackages = ["--index-url evil"]',
            "packages: '--index-url evil'",
        ),
        ('kind = "kernel"\nsafety = "safe"\neffect = "x"\ntext = "x"', "always manual"),
        ('kind = "env"\nsafety = "safe"\neffect = "x"\nset = { "A B" = "x" }', "no name of a variable"),
        ('kind = "env"\nsafety = "safe"\neffect = "x"\nset = { A = "{gpu.sn}" }', "no such fact: gpu.sn"),
        ('kind = "env"\nsafety = "safe"\neffect = "x"\nset = { A = "x" }\nif = "gpu.sm"', "if: gpu.sm is a text"),
        ('kind = "pin"\nsafety = "safe"\neffect = "x"\npackages = ["a"]\nindex = "nowhere"', "isn't in indexes.toml"),
        ('kind = "shell"\nsafety = "safe"\neffect = "x"\ntext = "rm"', "kind: no such value: 'shell'"),
    ],
)
def test_faults_of_fixes(tmp_path: Path, fix: str, words: str) -> None:
    found = faults(write(tmp_path, rule("TRI001", 'os.id == "x"', fixes=f"[[rule.fix]]\n{fix}")))
    assert any(words in fault for fault in found), found


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    folder = write(tmp_path, rule("TRI001", "gpu.nam"), rule("TRI002", "gpu.name"), broken="[[rule]\n", binary="\0")
    (folder / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    found = faults(folder)
    for words in ("TRI001", "TRI002", "broken.toml", "binary.toml", "bytes.toml"):
        assert any(words in fault for fault in found), found


def test_circles_are_refused(tmp_path: Path) -> None:
    around = [
        rule("TRI001", "wsl", more='supersedes = ["TRI002"]'),
        rule("TRI002", "wsl", more='supersedes = ["TRI001"]'),
    ]
    assert any("supersede each other in a circle" in fault for fault in faults(write(tmp_path / "a", *around)))
    source = 'sources = [{ url = "https://example.com", date = 2026-01-01, kind = "vendor" }]'
    one = f'[[estimate]]\nfact = "os.id"\nof = "os.name"\nmap = {{ a = "b" }}\n{source}\n'
    two = f'[[estimate]]\nfact = "os.name"\nif = \'os.id == "b"\'\nvalue = "a"\n{source}\n'
    assert any("lean on each other" in fault for fault in faults(write(tmp_path / "b", FINE, one, two)))


def test_a_users_rules_stand_beside_and_faulty_ones_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    base = book(tmp_path / "base", FINE)
    user = tmp_path / "user"
    user.mkdir()
    pin = '[[rule.fix]]\nkind = "pin"\nsafety = "unsafe"\neffect = "x"\npackages = ["a"]\nindex = "vendor"'
    entries = (
        rule("MINE001", 'pkg.my_own_package.version < "2"'),
        rule("MINE002", "gpu.nam"),
        rule("TRI009", "wsl"),
        rule("MINE003", "wsl", fixes=pin),
        rule("MINE004", "wsl", component="kitchen"),
    )
    (user / "mine.toml").write_text("".join(entries))
    (user / "broken.toml").write_text("=")
    loaded, found = extended(base, str(user))
    assert list(loaded.rules) == ["TRI001", "MINE001"]
    told = "\n".join(map(str, found))
    for words in (
        "broken.toml:1",
        "gpu.nam",
        "prefix TRI is reserved",
        "can't name a package index",
        "component 'kitchen' isn't",
    ):
        assert words in told
    with pytest.raises(NoSuchFolder):
        extended(base, str(tmp_path / "nowhere"))


@settings(max_examples=50, deadline=None)
@given(content=st.binary(max_size=200))
def test_no_file_of_a_user_does_harm(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("user")
    (folder / "x.toml").write_bytes(content)
    rules, _ = user_rules(BUILTIN, str(folder))
    assert rules == []


def test_a_users_rules_are_compiled_once_and_anew_when_they_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    base = book(tmp_path / "base", FINE)
    user = tmp_path / "user"
    user.mkdir()
    rules = user / "mine.toml"
    rules.write_text(rule("MINE001", "wsl") + rule("MINE002", "gpu.nam"))
    first, faults = extended(base, str(user))
    cached = list((tmp_path / "cache").rglob("*.json"))
    assert len(cached) == 1
    again, faults_again = extended(base, str(user))
    assert list(again.rules) == list(first.rules) == ["TRI001", "MINE001"]
    assert again.rules["MINE001"].detail == first.rules["MINE001"].detail
    assert faults_again == faults
    rules.write_text(rule("MINE003", "wsl"))
    assert list(extended(base, str(user))[0].rules) == ["TRI001", "MINE003"]
    for path in cached:
        path.write_text("damaged")
    rules.write_text(rule("MINE001", "wsl") + rule("MINE002", "gpu.nam"))
    assert list(extended(base, str(user))[0].rules) == ["TRI001", "MINE001"]


def test_the_compiled_rulebook_is_the_same_as_its_source(tmp_path: Path) -> None:
    from sparkdoctor.rulebook import compiled, source
    from sparkdoctor.shipped import rulebook_folder

    written = compiled.documents(source.read(rulebook_folder()))
    for name, content in written.items():
        (tmp_path / name).write_bytes(content)
    assert compiled.documents(load(str(tmp_path))) == written
    assert compiled.documents(source.read(rulebook_folder())) == written


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b"\xff"])
def test_a_damaged_compiled_rulebook_is_said_to_be_damaged(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "index.jsonl").write_bytes(content)
    assert "index.jsonl: is damaged" in faults(tmp_path)[0]
