"""Every rule finds what it is for, and lets the right form pass, on a small tree made here."""
import pathlib
import subprocess
import tempfile
import unittest

import rules

# Put together from parts, so that this file is not a finding.
MARKER = "TO" + "DO"
MACHINE = "/wo" + "rk/somewhere"
SCRATCH = "/t" + "mp/x"
DOCS = "do" + "cs"


class Rules(unittest.TestCase):
    def findings(self, rule, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            subprocess.run(["git", "init", "-q", root], check=True)
            subprocess.run(["git", "-C", root, "add", "."], check=True)
            return list(rule(rules.Tree(root)))

    def test_size(self):
        self.assertEqual(self.findings(rules.size, {"hw/a.cpp": "\n" * 500, "README.md": "\n" * 150}), [])
        long = self.findings(rules.size, {"hw/a.cpp": "\n" * 501, "README.md": "\n" * 151, "data.json": "\n" * 900, "sim/a.js": "\n" * 501})
        self.assertEqual([finding.split(":")[0] for finding in long], ["hw/a.cpp", "sim/a.js", "README.md"])

    def test_markers(self):
        self.assertEqual(self.findings(rules.markers, {"a.cpp": f"// {MARKER}(needs libfoo 2): shorter\nmkdtemp(\"XXXXXX\")\n"}), [])
        self.assertIn("a.cpp:2:", self.findings(rules.markers, {"a.cpp": f"\n// {MARKER}: shorter\n"})[0])

    def test_names_that_ctest_cuts(self):
        self.assertEqual(self.findings(rules.tests_check, {"tests/a_test.cpp": 'TEST_CASE("one, two") { CHECK(f(";")); }\n'}), [])
        cut = self.findings(rules.tests_check, {"tests/a_test.cpp": 'TEST_CASE("one' + '; two") { CHECK(true); }\n'})
        self.assertIn("a_test.cpp:1:", cut[0])

    def test_machine_paths(self):
        right = 'report "/workload/x"\n${root}/home\nhttps://a.org/home\nmktemp -d ' + SCRATCH + "XXXX\n"
        self.assertEqual(self.findings(rules.machine_paths, {"a.sh": right}), [])
        wrong = self.findings(rules.machine_paths, {"a.sh": f"cd {MACHINE}\n", "b.cpp": f'open("{SCRATCH}")\n'})
        self.assertEqual([finding.split(":")[0] for finding in wrong], ["a.sh", "b.cpp"])

    def test_tests_check(self):
        right = {"tests/hw/a_test.cpp": "CHECK(a == b);", "tests/hw/run.hpp": "REQUIRE_THROWS_AS(a, b);",
                 "tests/hw/b_test.cpp": '#include "tests/hw/run.hpp"\n', "tests/hw/c_test.cpp": '#include "run.hpp"\n'}
        self.assertEqual(self.findings(rules.tests_check, right), [])
        self.assertEqual(len(self.findings(rules.tests_check, {"tests/hw/a_test.cpp": "// CHECK nothing\n"})), 1)

    def test_listed(self):
        right = {"hw/CMakeLists.txt": "SOURCES a.cpp HEADERS b.hpp", "hw/a.cpp": '#include "hw/a.hpp"\n', "hw/a.hpp": "",
                 "hw/b.hpp": "", "tests/fuzz/CMakeLists.txt": "foreach(name x)\n${name}_fuzz.cpp", "tests/fuzz/x_fuzz.cpp": ""}
        self.assertEqual(self.findings(rules.listed, right), [])
        wrong = {"hw/CMakeLists.txt": "SOURCES aa.cpp", "hw/a.cpp": '#include "hw/b.hpp"\n#include "hw/a.hpp"\n', "hw/a.hpp": ""}
        self.assertEqual(len(self.findings(rules.listed, wrong)), 2)

    def test_documents(self):
        right = {"README.md": f"[how]({DOCS}/how.md#part) `hw/*.hpp` hw/a.\n    ./run.sh hw/ [x](https://a.org/b) build/hw/x\n",
                 f"{DOCS}/how.md": "[back](../README.md)", "hw/a.hpp": f"// see {DOCS}/how.md\n", "run.sh": ""}
        self.assertEqual(self.findings(rules.documents, right), [])
        wrong = {"README.md": f"[how]({DOCS}/what.md)\n`hw/b.hpp` hw/b*.hpp ./go.sh\n", "hw/a.hpp": f"// see {DOCS}/what.md\n"}
        self.assertEqual(len(self.findings(rules.documents, wrong)), 5)


if __name__ == "__main__":
    unittest.main()
