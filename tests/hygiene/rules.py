"""Rules for the tracked files of a repository: each takes the tree and yields findings, "file:line: what is wrong"."""
import pathlib
import re
import subprocess

SOURCES = {".cpp", ".hpp", ".py", ".sh", ".cmake", ".js", ".css", ".html"}
LINES_MOST = 500
README_LINES_MOST = 150

# The letters in brackets keep these lines from being findings themselves.
MARKER = re.compile(r"\b([T]ODO|[F]IXME|[X]XX|[H]ACK)\b")
MARKER_WITH_REASON = re.compile(MARKER.pattern + r"\([^)]+\): \w+")
MACHINE_PATH = re.compile(r"(?<![\w})./-])/(?:([w]ork|[h]ome|[r]oot)(?![\w-])|[t]mp/[A-Za-z])")
CUT_NAME = re.compile(r'\bTEST_CASE\("[^"]*;')
CHECKS = re.compile(r"\b(CHECK|REQUIRE)(_\w+)?\(")


class Tree:
    """The files that git tracks and that are there, with their text (None: not text)."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=True).stdout
        names = [name for name in listed.decode().split("\0") if name]
        self.texts = {name: text_of(self.root / name) for name in names if (self.root / name).is_file()}

    def select(self, *suffixes):
        return {name: text for name, text in self.texts.items() if text is not None and name.endswith(suffixes)}

    def names(self, pattern):
        return any(self.root.glob(pattern))


def text_of(path):
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        return None


def lines_of(texts):
    for name, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            yield name, number, line


def size(tree):
    for name, text in tree.select(*SOURCES, "CMakeLists.txt").items():
        if text.count("\n") > LINES_MOST:
            yield f"{name}: {text.count(chr(10))} lines, at most {LINES_MOST}: split it by concept"
    readme = tree.texts.get("README.md") or ""
    if readme.count("\n") > README_LINES_MOST:
        yield f"README.md: {readme.count(chr(10))} lines, at most {README_LINES_MOST}: depth belongs in docs/"


def markers(tree):
    for name, number, line in lines_of(tree.select("")):
        if MARKER.search(line) and not MARKER_WITH_REASON.search(line):
            yield f"{name}:{number}: a marker without a reason; write MARKER(why it waits): what is missing"


def machine_paths(tree):
    for name, number, line in lines_of(tree.select("")):
        found = MACHINE_PATH.search(line)
        if found and "mktemp" not in line:
            yield f"{name}:{number}: path of one machine ({found.group().strip()}); use the source folder or mktemp"


def tests_check(tree):
    """A test file checks something, itself or in a header of its folder that it includes."""
    for name, text in tree.select("_test.cpp").items():
        folder = str(pathlib.PurePosixPath(name).parent)
        included = [header if "/" in header else f"{folder}/{header}" for header in re.findall(r'#include "(.+)"', text)]
        own = [tree.texts.get(header) or "" for header in included if header.startswith("tests/")]
        if not any(CHECKS.search(part) for part in [text, *own]):
            yield f"{name}: no CHECK or REQUIRE: this test cannot fail"
    for name, number, line in lines_of(tree.select(".cpp")):
        if CUT_NAME.search(line):
            yield f"{name}:{number}: CMake cuts a test's name at ';': ctest then runs nothing, and that passes"


def listed(tree):
    """What no CMakeLists.txt names is never compiled (a script: in no page), and a header outside a HEADERS list is never built alone."""
    lists = " ".join(tree.select("CMakeLists.txt").values())
    for name in tree.select(".cpp", ".hpp", ".js"):
        path = pathlib.PurePosixPath(name)
        own_source = tree.texts.get(str(path.with_suffix(".cpp"))) or ""
        first = re.search(r'#include "(.+)"', own_source)
        is_first = first is not None and first.group(1) in (name, path.name)
        in_module = path.parts[0] in ("models", "traces", "hw", "sim")
        if path.suffix == ".hpp" and (is_first or not in_module):
            continue  # compiled alone at the head of its source
        if not re.search(rf"(?<![\w-])({re.escape(path.name)}|\$\{{name\}}{re.escape(tail(path.name))})(?![\w-])", lists):
            yield f"{name}: in no CMakeLists.txt, so it is never compiled" + (" alone" if path.suffix == ".hpp" else "")


def tail(name):
    """_fuzz.cpp of onnx_fuzz.cpp: lists may name files of a kind as ${name}_fuzz.cpp."""
    return "_" + name.rsplit("_", 1)[-1]


def documents(tree):
    """Links and paths in the documents lead to something; code comments that name a document name one that exists."""
    folders = sorted({name.split("/")[0] for name in tree.texts if "/" in name and not name.startswith(".")})
    path = re.compile(rf"(?<![\w/.$~<>-])(?:\./)?((?:{'|'.join(map(re.escape, folders))})/[\w./*-]*)")
    for name, number, line in lines_of(tree.select(".md")):
        folder = pathlib.PurePosixPath(name).parent
        links = [link for link in re.findall(r"\]\(([^)#\s]+)", line) if "://" not in link]
        for link in links:
            if not tree.names(str(folder / link)) and not (tree.root / folder / link).exists():
                yield f"{name}:{number}: link to {link}, which does not exist"
        rest = re.sub(r"\[[^\]]*\]\([^)]*\)", "", line)
        for found in path.findall(rest) + re.findall(r"(?<![\w/.])\./([\w-]+\.\w+)", rest):
            yield from missing(tree, f"{name}:{number}", found)
    for name, number, line in lines_of(tree.select(".cpp", ".hpp", ".py", ".sh", ".cmake")):
        for found in re.findall(r"(?<![\w/.])docs/[\w-]+\.\w+", line):
            yield from missing(tree, f"{name}:{number}", found)


def missing(tree, place, path):
    path = path.rstrip("./")
    if not (tree.names(path) or tree.names(path + ".[hc]pp")):  # sim/energy: the pair of files
        yield f"{place}: names {path}, which does not exist"


RULES = [size, markers, machine_paths, tests_check, listed, documents]
