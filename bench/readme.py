#!/usr/bin/env python3
"""Puts the sample output of the default example and the first rows of docs/results.md into README.md.

    deltasim run configs/runs/example.json -o out/example > out/example.txt
    bench/readme.py out/example.txt
"""
import re
import sys


def between(text, mark, new):
    start, end = f'<!-- {mark} -->\n', f'<!-- /{mark} -->'
    return re.sub(re.escape(start) + '.*?' + re.escape(end), lambda _: start + new + end, text, flags=re.S)


def main():
    with open('README.md') as f:
        readme = f.read()
    with open(sys.argv[1]) as f:
        sample = ''.join('    ' + line if line.strip() else '\n' for line in f)
    readme = between(readme, 'sample', '\n' + sample + '\n')
    with open('docs/results.md') as f:
        rows = [[cell.strip() for cell in line.split('|')[1:-1]] for line in f if line.startswith('|')]
    keep = ['network', 'video', 'machine', 'rule', 'MACs', 'cycles', 'energy', 'energy vs spatial', 'uJ/frame', 'to dense',
            'top-1 as float']
    index = [rows[0].index(k) for k in keep]
    table = ''.join('| ' + ' | '.join(row[i] for i in index) + ' |\n' for row in rows)
    readme = between(readme, 'results', '\n' + table + '\n')
    with open('README.md', 'w') as f:
        f.write(readme)


if __name__ == '__main__':
    main()
