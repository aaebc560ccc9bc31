"""What `run` does with each word, and with the system and the environment that it finds."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.packaging.conftest import NO_PYTHON, ROOT, Checkout

WORDS = re.findall(r"^  (\w+) {2,}\S", (ROOT / "run").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_shell_of_debian_understands_it() -> None:
    shell = shutil.which("dash") or "sh"

    subprocess.run([shell, "-n", ROOT / "run"], check=True)


def test_alone_it_explains_every_word(checkout: Checkout) -> None:
    answer = checkout.call()

    assert answer.returncode == 0
    assert {"setup", "demo", "test", "check", "faults", "lock"} == set(WORDS)
    assert all(f"\n  {word} " in answer.stdout for word in WORDS)


@pytest.mark.parametrize("arguments", [["frobnicate"], ["setup", "now"], ["check", "--fast"], ["setup "]])
def test_misuse_is_told_and_ends_with_2(checkout: Checkout, arguments: list[str]) -> None:
    answer = checkout.call(*arguments)

    assert answer.returncode == 2
    assert answer.stdout == ""
    assert "usage: ./run" in answer.stderr


@pytest.mark.parametrize("word", WORDS)
def test_every_word_begins_with_the_setup(checkout: Checkout, word: str) -> None:
    checkout.program("python3", NO_PYTHON)

    answer = checkout.call(word)

    assert answer.returncode == 1
    assert "Python 3.11 or newer is needed" in answer.stderr
    assert not (checkout.folder / ".venv").exists()


# --- the system's packages ---------------------------------------------------------------------------------


def test_root_gets_the_missing_packages_and_only_those(checkout: Checkout) -> None:
    checkout.write("installed", "libzbar0", "tesseract-ocr")
    checkout.write("lists")

    checkout.call("setup")

    [call] = checkout.apt_calls()
    assert call.startswith("noninteractive ")
    assert "--no-install-recommends" in call
    assert call.endswith("python3-venv poppler-utils tesseract-ocr-fin tesseract-ocr-swe")


def test_package_lists_are_fetched_only_where_there_are_none(checkout: Checkout) -> None:
    checkout.call("setup")

    assert [" update" in call for call in checkout.apt_calls()] == [True, False]


def test_a_package_that_is_not_offered_keeps_no_other_away(checkout: Checkout) -> None:
    checkout.write("unavailable", "tesseract-ocr-fin")

    answer = checkout.call("setup")

    installed = (checkout.system / "installed").read_text().split()
    assert {"python3-venv", "libzbar0", "tesseract-ocr-swe"} <= set(installed)
    assert "going on without these Debian packages: tesseract-ocr-fin \n" in answer.stderr
    assert "making .venv with Python 3.11.0" in answer.stderr


def test_an_interrupted_installation_is_mended_first(checkout: Checkout) -> None:
    checkout.program("dpkg", 'echo "dpkg $*" >>"$SYSTEM/apt-get"')

    checkout.call("setup")

    assert checkout.apt_calls()[0] == "dpkg --configure -a"


def test_without_the_right_the_packages_are_named_and_it_goes_on(checkout: Checkout) -> None:
    checkout.write("uid", "1000")
    checkout.write("installed", "python3-venv", "libzbar0")

    answer = checkout.call("setup")

    assert checkout.apt_calls() == []
    assert "poppler-utils tesseract-ocr tesseract-ocr-fin tesseract-ocr-swe" in answer.stderr
    assert "libzbar0" not in answer.stderr
    assert "making .venv with Python 3.11.0" in answer.stderr


def test_with_sudo_that_asks_nothing_it_is_as_for_root(checkout: Checkout) -> None:
    checkout.write("uid", "1000")
    checkout.program("sudo", '[ "$1" = -n ] || exit 1; shift; [ "$1" = true ] || exec "$@"')

    checkout.call("setup")

    assert checkout.apt_calls()[-1].startswith("noninteractive ")


def test_where_there_is_no_apt_the_packages_are_named(checkout: Checkout) -> None:
    for program in ("apt-get", "apt-cache", "dpkg-query"):
        (checkout.system / "bin" / program).unlink()
    checkout.write("installed", "python3-venv")

    answer = checkout.call("setup")

    assert "going on without these Debian packages: libzbar0 poppler-utils" in answer.stderr
    assert "making .venv with Python 3.11.0" in answer.stderr


def test_an_environment_that_cannot_be_made_names_the_package(checkout: Checkout) -> None:
    checkout.write("uid", "1000")

    answer = checkout.call("setup")

    assert answer.returncode == 1
    assert "As root: apt-get install --no-install-recommends python3-venv" in answer.stderr
    assert not (checkout.folder / ".venv").exists()


# --- Python and the environment ----------------------------------------------------------------------------


def test_an_old_python3_makes_way_for_a_newer_one_beside_it(checkout: Checkout) -> None:
    shutil.move(checkout.system / "bin" / "python3", checkout.system / "bin" / "python3.12")
    checkout.program("python3", "exit 0")  # what Python 2 to 3.10 answer: nothing

    checkout.call("setup")

    assert "python3.12-venv" in checkout.apt_calls()[-1]


def test_what_a_broken_off_setup_left_is_made_anew(checkout: Checkout, real_python: str) -> None:
    checkout.finish_setup()
    (checkout.folder / ".venv" / ".stamp").unlink()
    checkout.program("python3", real_python)

    answer = checkout.call("setup")  # with a real environment, which finds no index to fetch from

    assert answer.returncode == 1
    assert "making .venv with Python 3." in answer.stderr
    assert "uv could not be installed" in answer.stderr
    assert not (checkout.folder / ".venv" / ".stamp").exists()
    assert not (checkout.folder / ".venv" / "bin" / "jana").exists()


def test_a_finished_setup_is_left_alone(checkout: Checkout) -> None:
    checkout.finish_setup()
    checkout.program("python3", NO_PYTHON)
    checkout.write(
        "installed", "libzbar0", "poppler-utils", "tesseract-ocr", "tesseract-ocr-fin", "tesseract-ocr-swe"
    )

    answer = checkout.call("setup")

    assert (answer.returncode, answer.stderr) == (0, "")
    assert checkout.apt_calls() == []


def test_a_new_lock_is_installed_and_then_left_alone(checkout: Checkout) -> None:
    checkout.finish_setup()
    change(checkout, "requirements.lock")

    changed = checkout.call("setup")
    again = checkout.call("setup")

    pip, sync, project = changed.stdout.splitlines()
    assert re.search("^python -m pip install .*--require-hashes", pip)
    assert re.search("^uv pip sync .*--require-hashes .*requirements.lock", sync)
    assert re.search(PROJECT_INSTALLED, project)
    assert "making .venv" not in changed.stderr
    assert again.stdout == ""


@pytest.mark.parametrize("name", ["pyproject.toml", "run"])
def test_a_change_of_the_project_alone_fetches_nothing(checkout: Checkout, name: str) -> None:
    checkout.finish_setup()
    change(checkout, name)

    changed = checkout.call("setup")
    again = checkout.call("setup")

    [project] = changed.stdout.splitlines()
    assert re.search(PROJECT_INSTALLED, project)
    assert again.stdout == ""


PROJECT_INSTALLED = "^uv pip install .*--offline .*--no-deps --no-build-isolation -e .*with spaces"


def change(checkout: Checkout, name: str) -> None:
    with (checkout.folder / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")


def test_uv_goes_where_pip_goes(checkout: Checkout) -> None:
    checkout.finish_setup()
    change(checkout, "requirements.lock")
    checkout.write("pip.conf", "global.index-url='https://mirror.example/simple'")

    answer = checkout.call("setup")

    assert re.search("^uv pip sync .* by https://mirror.example/simple$", answer.stdout, re.MULTILINE)


def test_where_uv_does_not_get_through_pip_may(checkout: Checkout) -> None:
    programs = checkout.finish_setup()
    (programs / "uv").write_text('#!/bin/sh\n[ "$2" != sync ] || exit 2\n')
    change(checkout, "requirements.lock")

    answer = checkout.call("setup")

    assert answer.returncode == 0
    assert re.search(
        r"^python -m pip install .*--require-hashes -r requirements.lock$", answer.stdout, re.MULTILINE
    )


def test_packages_that_cannot_be_fetched_cost_no_environment(checkout: Checkout) -> None:
    programs = checkout.finish_setup()
    before = (checkout.folder / "requirements.lock").read_text(encoding="utf-8")
    (programs / "uv").write_text("#!/bin/sh\nexit 2\n")
    (programs / "python").write_text('#!/bin/sh\n[ "$1" = -c ] && echo 3.11.0 || [ "$4" = -q ]\n')
    change(checkout, "requirements.lock")

    failed = checkout.call("setup")
    (checkout.folder / "requirements.lock").write_text(before, encoding="utf-8")
    put_back = checkout.call("setup")

    assert failed.returncode == 1
    assert "could not be installed" in failed.stderr
    assert put_back.returncode == 0
    assert put_back.stdout == ""


def test_a_moved_project_gets_a_new_environment(checkout: Checkout) -> None:
    checkout.finish_setup()
    moved = Checkout(checkout.folder.with_name("moved"), checkout.system)
    shutil.move(checkout.folder, moved.folder)

    assert "making .venv" in moved.call("setup").stderr


# --- what the words do -------------------------------------------------------------------------------------


def test_demo_is_called_where_the_user_is_and_its_end_is_passed_on(checkout: Checkout) -> None:
    checkout.finish_setup()
    (checkout.system / "elsewhere").mkdir()

    answer = checkout.call("demo", "--out", "a b", cwd=checkout.system / "elsewhere")

    assert answer.stdout == f"jana demo --out a b in {checkout.system.resolve() / 'elsewhere'}\n"
    assert answer.returncode == 6
    assert re.search(r"demo took \d+ s, the set-up before it \d+ s", answer.stderr)


def test_check_runs_everything_even_after_a_failure(checkout: Checkout) -> None:
    programs = checkout.finish_setup()
    (programs / "mypy").write_text("#!/bin/sh\nexit 1\n")

    answer = checkout.call("check")

    assert answer.returncode == 1
    assert answer.stdout.splitlines() == [
        "ruff check",
        "ruff format --check",
        "lint-imports --no-logo",
        "shellcheck run .ci/run",
    ]


def test_test_is_check_and_pytest_with_its_arguments(checkout: Checkout) -> None:
    checkout.finish_setup()

    answer = checkout.call("test", "-k", "this or that")

    assert answer.returncode == 0
    *checks, pytest, mypy = answer.stdout.splitlines()
    assert checks[0] == "ruff check"
    assert pytest == "python -m pytest -rs -k this or that"
    assert mypy.split() == ["mypy"]


def test_the_browser_is_for_the_tests_only(checkout: Checkout) -> None:
    checkout.finish_setup()
    checkout.call("demo")
    assert checkout.apt_calls() == []

    checkout.call("test")

    assert checkout.apt_calls()[-1].endswith(" chromium-headless-shell")


def test_without_the_right_to_a_browser_the_tests_run_all_the_same(checkout: Checkout) -> None:
    checkout.finish_setup()
    checkout.write("uid", "1000")

    answer = checkout.call("test")

    assert answer.returncode == 0
    assert "going on without these Debian packages: chromium-headless-shell" in answer.stderr
    assert "python -m pytest -rs" in answer.stdout.splitlines()


def test_faults_is_pytest_on_what_test_leaves_out(checkout: Checkout) -> None:
    checkout.finish_setup()

    answer = checkout.call("faults", "-k", "power_cut")

    assert answer.returncode == 0
    assert answer.stdout == "python -m pytest -m faults -rsP tests/faults tests/delivery -k power_cut\n"


@pytest.mark.parametrize("culprit", ["mypy", "python"])
def test_a_failure_in_check_or_pytest_fails_the_test(checkout: Checkout, culprit: str) -> None:
    programs = checkout.finish_setup()
    (programs / culprit).write_text('#!/bin/sh\n[ "$1" = -c ] && echo 3.11.0 || exit 1\n')

    answer = checkout.call("test")

    assert answer.returncode == 1


def test_ci_calls_test_from_anywhere(checkout: Checkout) -> None:
    (checkout.folder / "run").write_text('#!/bin/sh\necho "run $*"\n')

    answer = subprocess.run(
        [checkout.folder / ".ci" / "run"], cwd="/", capture_output=True, text=True, check=True
    )

    assert answer.stdout == "run test\n"
