#!/usr/bin/env python3
"""Makes docs/validation.md: what `deltasim validate` says now.

    bench/validation.py build/release/sim/deltasim [DATA]     DATA: the folder with golden/, for the rows that need it
"""
import shutil
import subprocess
import sys
import tempfile

DOCUMENT = 'docs/validation.md'


def main():
    data = ['--data', sys.argv[2]] if len(sys.argv) > 2 else []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], 'validate', *data, '-o', folder + '/out'], check=True)
        shutil.copyfile(folder + '/out/validation.md', DOCUMENT)


if __name__ == '__main__':
    main()
