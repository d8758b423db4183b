#!/usr/bin/env python3
"""Runs the commands of a document and writes, or checks, what they print.

    bench/tutorial.py build/release/sim/deltasim docs/tutorial.md           # compares, exit code 1 where it differs
    bench/tutorial.py build/release/sim/deltasim docs/tutorial.md --write   # puts in what the commands print now

In a block that begins with ```console a line "$ COMMAND" is a command (continued while it ends with a backslash, or to the end
of its here-document), the lines below it are what it prints to stdout. All commands run in one new folder that holds configs/.
A line "<!-- picture PAGE.html#FIGURE -->" is followed by the picture of that figure of a page which the commands made.
"""
import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile

HEREDOC = re.compile(r"<<\s*'?(\w+)'?\s*$")
PICTURE = re.compile(r'<!-- picture (\S+)#(\S+) -->')


def commands(lines):
    """Lists of command lines, without what they printed."""
    i = 0
    while i < len(lines):
        if not lines[i].startswith('$ '):
            i += 1
            continue
        command = [lines[i][2:]]
        end = HEREDOC.search(lines[i])
        while i + 1 < len(lines) and (end or lines[i].endswith('\\')):
            i += 1
            command.append(lines[i])
            if end and lines[i] == end.group(1):
                break
        yield command
        i += 1


def run(command, folder, program):
    environment = dict(os.environ, PATH=os.path.dirname(os.path.abspath(program)) + ':' + os.environ['PATH'])
    done = subprocess.run(['bash', '-c', '\n'.join(command)], cwd=folder, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f'exit code {done.returncode}: {command[0]}\n{done.stderr}')
    return [line.rstrip() for line in done.stdout.splitlines()]


def replay(lines, folder, program):
    """The document with what its commands print now."""
    new, block = [], None
    for line in lines:
        if block is None:
            new.append(line)
            block = [] if line == '```console' else None
        elif line == '```':
            for command in commands(block):
                new += ['$ ' + command[0], *command[1:], *run(command, folder, program)]
            new.append(line)
            block = None
        else:
            block.append(line)
    return new


def draw(lines, folder, document):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pictures.py')
    for line, below in zip(lines, lines[1:]):
        found = PICTURE.fullmatch(line)
        if found:
            target = re.search(r'\]\(([^)]+)\)', below).group(1)
            target = os.path.join(os.path.dirname(os.path.abspath(document)), target)
            subprocess.run([sys.executable, script, os.path.join(folder, found.group(1)), found.group(2), target], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('program')
    parser.add_argument('document')
    parser.add_argument('--write', action='store_true')
    options = parser.parse_args()
    with open(options.document, encoding='utf-8') as f:
        old = f.read().splitlines()
    root = os.path.dirname(os.path.dirname(os.path.abspath(options.document)))
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(root, 'configs'), os.path.join(folder, 'configs'))
        new = replay(old, folder, options.program)
        if options.write:
            draw(new, folder, options.document)
    if options.write:
        with open(options.document, 'w', encoding='utf-8') as f:
            f.write('\n'.join(new) + '\n')
    elif new != old:
        print('\n'.join(difflib.unified_diff(old, new, options.document, 'printed now', lineterm='')))
        sys.exit(1)


if __name__ == '__main__':
    main()
