#!/usr/bin/env python3
"""Puts the headline, the sample output of the default example and rows of docs/results.md into README.md.

    deltasim-train reproduce -o out/reproduction
    deltasim run configs/runs/example.json -o out/example > out/example.txt
    bench/readme.py out/reproduction/report.json out/example.txt
"""
import json
import re
import sys


def between(text, mark, new):
    start, end = f'<!-- {mark} -->\n', f'<!-- /{mark} -->'
    return re.sub(re.escape(start) + '.*?' + re.escape(end), lambda _: start + new + end, text, flags=re.S)


def headline(report):
    """What training gains on a machine, per network: figures of docs/reproduction.md."""
    rows = {(row['group'], row['name']): row for row in report['rows']}
    lines = ['| trained for | network | top-1 | MACs of dense | energy of a frame | energy against dense |', '|---|---|---:|---:|---:|---:|']
    for (group, title) in ((g['name'], g['title']) for g in report['groups']):
        for name, aim in (('baseline', 'accuracy alone, zeros skipped'), ('l1', 'zeros (L1), zeros skipped'), ('delta', 'deltas')):
            row = rows.get((group, name))
            if row is None:
                continue
            sums, machine = (row['simulation'][k][row['execution']] for k in ('integer', 'machine'))
            gain = machine['dense_over_this']['energy']
            lines.append(f"| {aim} | {title} | {100 * sums['accuracy']:.1f} % | {100 * sums['macs']:.1f} % | "
                         f"{machine['energy_pj']['value'] * 1e-6:.3g} uJ | {gain['value']:.2f}x ({gain['low']:.2f}-{gain['high']:.2f}) |")
    return '\n'.join(lines) + '\n'


def shortened(lines, kept=4):
    """The table of layers, without most of its rows."""
    start = next(i for i, line in enumerate(lines) if line.startswith('layer (')) + 2
    end = next(i for i in range(start, len(lines)) if not lines[i].strip())
    return lines[:start + kept] + [f'... and {end - start - kept} more layers\n'] + lines[end:]


def main():
    with open('README.md') as f:
        readme = f.read()
    with open(sys.argv[1]) as f:
        readme = between(readme, 'headline', headline(json.load(f)))
    with open(sys.argv[2]) as f:
        sample = ''.join('    ' + line if line.strip() else '\n' for line in shortened(f.readlines()))
    readme = between(readme, 'sample', '\n' + sample + '\n')
    with open('docs/results.md') as f:
        rows = [[cell.strip() for cell in line.split('|')[1:-1]] for line in f if line.startswith('|')]
    keep = ['network', 'video', 'machine', 'rule', 'MACs', 'cycles', 'energy', 'energy vs spatial', 'uJ/frame', 'to dense',
            'top-1 as float']
    index = [rows[0].index(k) for k in keep]
    table = ''.join('| ' + ' | '.join(row[i] for i in index) + ' |\n' for row in rows[:2] + rows[2::2])
    readme = between(readme, 'results', '\n' + table + '\n')
    with open('README.md', 'w') as f:
        f.write(readme)


if __name__ == '__main__':
    main()
