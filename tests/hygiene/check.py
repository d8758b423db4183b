"""Checks the tracked files of a repository by rules.py.   check.py ROOT RULE..."""
import subprocess
import sys

import rules


def main(root, *names):
    try:
        tree = rules.Tree(root)
    except (OSError, subprocess.CalledProcessError):
        print(f"skipped: {root} is no git checkout (or git is missing): what is tracked is not known")
        return 0
    findings = [finding for rule in rules.RULES if rule.__name__ in names for finding in rule(tree)]
    print("\n".join(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
