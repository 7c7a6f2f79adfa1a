#!/usr/bin/env python3
"""Sets up and runs the project on a fresh machine. Standard library only, Python 3.11 or newer.

    python3 run.py demo           generate a district, score it, serve the pages
    python3 run.py test           ruff, mypy --strict, import-linter, pytest
    python3 run.py test --quick   ruff, and the tests that show most in little time
    python3 run.py docs           the documentation, written as HTML to out/docs/
    python3 run.py bench          benchmarks, printed as ratios
    python3 run.py campaign       the long versions of the tests
    python3 run.py notebooks      the notebooks, executed and written as HTML to out/notebooks/
    python3 run.py sise ...       the command line

Each word takes --help. run.py makes .venv from the hash-locked files in requirements/ (they name no host, so any pip
mirror works) and makes it anew when a lock changes. `demo` and `sise` read and write in the folder they are called
from, the others in the project.
"""

import hashlib
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOG = HERE / ".venv" / "setup.log"
LOCKS = {"core": HERE / "requirements" / "core.txt", "dev": HERE / "requirements" / "dev.txt"}
FETCH = HERE / "web" / "verify" / "fetch_scripts.py"
NEEDED_MB = 2500
WORDS = {
    "demo": "core",
    "sise": "core",
    "test": "dev",
    "docs": "dev",
    "bench": "dev",
    "campaign": "dev",
    "notebooks": "dev",
}
USAGE = {
    "test": """python3 run.py test [ARGUMENT ...]           all checks and all tests: ruff, mypy --strict, import-linter, pytest
python3 run.py test --quick [ARGUMENT ...]   ruff and a part of the tests, in less than 90 seconds

ARGUMENTs go to pytest, e.g. -k record. With --quick, files and folders of tests take the place of that part:
    python3 run.py test --quick tests/situations""",
    "docs": """python3 run.py docs   writes the pages of commands anew, and the documentation to out/docs/""",
    "bench": """python3 run.py bench [NAME] [--enterprises N ...] [--repeat N]   benchmarks as ratios, all of them without NAME

NAME: score, one, rules, change, explain, model, store, audit, oversight, codes, web; the figures are also written to out/bench/""",
    "campaign": """python3 run.py campaign [NAME]   the long version of some tests; without NAME it lists them""",
    "notebooks": """python3 run.py notebooks [NAME ...] [--small] [--db [--database ADDRESS] | --source MAP:PATH ...] [--out FOLDER]

NAME is a number or name, e.g. 02; all five by default. The pages are written to out/notebooks/.""",
}
"""What a word says of itself without an environment; `sise` and `demo` have the help of the command line."""
QUICK = (
    "tests/architecture",
    "tests/docs/test_commands.py",
    "tests/docs/test_pages.py",
    "tests/docs/test_reference.py",
    "tests/situations",
    "tests/unit",
)
SLOW = (
    "tests/unit/credential",
    "tests/unit/explain/test_history_of_district.py",
    "tests/unit/impact",
    "tests/unit/policy/test_mutations.py",
    "tests/unit/records/test_versions.py",
    "tests/unit/supervision",
    "tests/unit/synthetic",
    "tests/unit/test_benchmarks.py",
)
"""The part of the tests that --quick runs, and what of it takes long."""


def main(arguments):
    if sys.version_info < (3, 11):
        stop(
            "需要 Python 3.11 或更新版本，现为 %s；请安装后用它运行 run.py" % sys.version.split()[0],
            "Python 3.11 or newer is needed, this is %s; install it and run run.py with it"
            % sys.version.split()[0],
        )
    if not arguments or arguments[0] not in WORDS:
        print(__doc__.strip(), file=sys.stderr)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    word, rest = arguments[0], arguments[1:]
    if word in USAGE and ("-h" in rest or "--help" in rest):
        print(USAGE[word])
        return 0
    signal.signal(signal.SIGTERM, interrupt)
    try:
        set_up("dev" if word == "sise" and _trains(rest) else WORDS[word])
    except KeyboardInterrupt:
        stop(
            "安装已中断；再次运行即重新安装",
            "the installation was interrupted; run it again to install anew",
            130,
        )
    return {
        "demo": lambda: sise(["demo", *rest]),
        "sise": lambda: sise(rest),
        "test": lambda: test(rest),
        "docs": lambda: call("-m", "docs", *rest),
        "bench": lambda: call("-m", "benchmarks", *rest),
        "campaign": lambda: call("-m", "campaigns", *rest),
        "notebooks": lambda: call("-m", "notebooks", *rest),
    }[word]()


def _trains(arguments):
    """Whether a command of the command line needs what trains models; those who only use a table do not."""
    return arguments[:1] == ["model"] and arguments[1:2] not in ([], ["rank"], ["list"], ["check"])


def interrupt(number, frame):
    raise KeyboardInterrupt


def sise(arguments):
    """Becomes the command line, in the caller's folder; ``-P``, because that folder's files are no packages of ours."""
    command = [str(PYTHON), "-P", "-m", "scoring.cli", *arguments]
    if os.name == "nt":  # there, exec returns to the prompt before the program has ended
        return call(*command[1:], cwd=None)
    sys.stdout.flush()
    return os.execve(command[0], command, environment())


def test(arguments):
    quick = "--quick" in arguments
    chosen = [argument for argument in arguments if argument != "--quick"]
    if quick and not any((HERE / argument.split("::")[0]).exists() for argument in chosen):
        chosen = [*QUICK, *("--ignore=" + path for path in SLOW), *chosen]
    checks = (
        ("ruff", ["-m", "ruff", "check", "."]),
        ("mypy --strict", ["-m", "mypy"]),
        ("import-linter", ["-c", LINTER]),
    )
    for name, command in checks[:1] if quick else checks:
        print("== " + name, flush=True)
        code = call(*command)
        if code:
            return code
    if not quick:
        add_browser()
        call(str(FETCH))
    print("== pytest", flush=True)
    return call("-m", "pytest", *chosen)


def add_browser():
    """Installs Debian's Chromium and npm where they are not there and it may: the tests of the pages need them."""
    browsers = ("chromium", "chromium-browser", "google-chrome")
    missing = [] if any(shutil.which(name) for name in browsers) else ["chromium"]
    missing += [] if shutil.which("npm") else ["npm"]
    apt = shutil.which("apt-get")
    is_root = getattr(os, "geteuid", lambda: 1)() == 0
    if not missing or not (apt and is_root):
        return
    print("== " + ", ".join(missing), flush=True)
    # Where they cannot be installed the tests say so themselves.
    for words in (["update", "-qq"], ["install", "-y", "-qq", *missing]):
        subprocess.call([apt, *words], stdout=subprocess.DEVNULL)


LINTER = "from importlinter.cli import lint_imports_command as c; c()"


def call(*arguments, cwd=HERE):
    """Runs the environment's Python; Ctrl-C and SIGTERM reach it too, and its code is ours."""
    with subprocess.Popen([str(PYTHON), *arguments], cwd=cwd, env=environment()) as child:
        signal.signal(signal.SIGTERM, lambda number, frame: child.terminate())
        while True:
            try:
                code = child.wait()
                return 128 - code if code < 0 else code
            except KeyboardInterrupt:  # the terminal has sent it to the child as well: wait for its end
                pass


def environment():
    """The caller's, without what leads to other packages, and with how this file was called: the command line tells it on."""
    return {
        **{k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH")},
        "PYTHONUTF8": "1",
        "SISE_COMMAND": "python3 %s sise" % shlex.quote(sys.argv[0]),
    }


def set_up(name):
    """Makes .venv hold the lock ``name`` (dev holds core) and the project, unless its stamp says that it does."""
    wanted = stamp_of(name)
    stamps = {read_stamp(kind) for kind in LOCKS}
    if wanted in stamps or (name == "core" and stamp_of("dev") in stamps):
        return
    if VENV.exists() and (
        read_stamp("core") != stamp_of("core") or not has_pip()
    ):  # of another lock, or never finished
        shutil.rmtree(VENV)
    if not PYTHON.exists():
        make_venv()
    LOG.unlink(missing_ok=True)
    print("正在安装依赖 · installing packages (once, about a minute) ...", file=sys.stderr, flush=True)
    pip("--require-hashes", "-r", str(LOCKS[name]))
    pip("--no-deps", "--no-build-isolation", "-e", str(HERE))
    # Scripts of others for one page, where Node is; without them the server does their work.
    call(str(FETCH))
    for kind in ("core", name):
        stamp_file(kind).write_text(stamp_of(kind))


def has_pip():
    return (
        subprocess.run(
            [str(PYTHON), "-m", "pip", "--version"], env=environment(), capture_output=True
        ).returncode
        == 0
    )


def make_venv():
    if shutil.disk_usage(HERE).free < NEEDED_MB * 1024 * 1024:
        stop(
            "磁盘空间不足：需要约 %d MB；请清理后重试" % NEEDED_MB,
            "not enough disk space: about %d MB are needed; free some and try again" % NEEDED_MB,
        )
    try:
        import ensurepip  # noqa: F401  Debian leaves it out of python3
        import venv

        venv.create(VENV, with_pip=True, clear=True)
    except (ImportError, subprocess.CalledProcessError):
        shutil.rmtree(VENV, ignore_errors=True)
        stop(
            "缺少 venv 模块；请先安装，例如 Debian/Ubuntu：sudo apt install python3-venv",
            "the venv module is missing; install it first, e.g. on Debian/Ubuntu: sudo apt install python3-venv",
        )
    except OSError as error:
        stop(
            "无法建立 .venv（%s）；请检查目录权限和磁盘空间" % error,
            "cannot make .venv (%s); check permissions and disk space" % error,
        )


def pip(*arguments):
    """pip's chatter goes to a log; when it fails a sentence says what to do."""
    with LOG.open("ab") as log:
        code = subprocess.run(
            [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", *arguments],
            cwd=HERE,
            env=environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
        ).returncode
    if code:
        full = "No space left" in LOG.read_text(encoding="utf-8", errors="replace")
        stop(
            "磁盘空间不足，安装中断；请清理后重试"
            if full
            else "无法安装依赖；请检查网络，或在 pip.conf 中设置可用的 pip 镜像后重试",
            "the disk is full; free some space and try again"
            if full
            else "cannot install the packages; check the network, or set a pip mirror in pip.conf, and try again",
            place=LOG,
        )


def stamp_file(kind):
    return VENV / ("sise-%s.stamp" % kind)


def read_stamp(kind):
    path = stamp_file(kind)
    return path.read_text() if path.is_file() and PYTHON.exists() else None


def stamp_of(kind):
    """Hash of the lock, this Python and this place: the environment is valid for exactly these."""
    parts = LOCKS[kind].read_bytes() + (HERE / "pyproject.toml").read_bytes()
    return kind + " " + hashlib.sha256(parts + ("%s %s" % (sys.version_info[:2], HERE)).encode()).hexdigest()


def stop(zh, en, code=4, place=None):
    print("run.py: %s\nrun.py: %s%s" % (zh, en, "\n" + str(place) if place else ""), file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
