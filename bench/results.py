#!/usr/bin/env python3
"""Runs real networks on real video and writes the table of docs/results.md.

    bench/results.py DELTASIM DATA > docs/results.md        DATA: the folder with networks/ and videos/
"""
import json
import os
import shlex
import subprocess
import sys
import tempfile

VWW = ('vww96_mobilenetv1_025.onnx', {'scale': 0.00392156862745098})
ULTRAFACE = ('ultraface_version-RFB-320_simplified.onnx', {'mean': 127, 'scale': 0.0078125})
SQUEEZENET = ('SqueezeNet_fp16.onnx', {'mean': [104, 117, 123], 'colour': 'bgr'})

# network, video, frames, hardware, rule, threshold
ROWS = [
    (VWW, 'vtest_480x360.avi', 100, 'edge16', 'delta', 1),
    (VWW, 'vtest_480x360.avi', 100, 'edge16', 'send_on_delta', 2),
    (VWW, 'intel_one-by-one-person-detection.mp4', 100, 'edge16', 'delta', 1),
    (VWW, 'intel_one-by-one-person-detection.mp4', 100, 'edge16', 'send_on_delta', 2),
    (VWW, 'v_SoccerJuggling_g24_c01.avi', 100, 'edge16', 'delta', 1),
    (VWW, 'v_SoccerJuggling_g24_c01.avi', 100, 'edge16', 'send_on_delta', 2),
    (VWW, 'v_SoccerJuggling_g23_c01.avi', 100, 'edge16', 'delta', 1),
    (VWW, 'v_SoccerJuggling_g23_c01.avi', 100, 'edge16', 'send_on_delta', 2),
    (VWW, 'v_SoccerJuggling_g24_c01.avi', 100, 'seneca', 'delta', 1),
    (ULTRAFACE, 'intel_one-by-one-person-detection.mp4', 16, 'edge16', 'delta', 1),
    (SQUEEZENET, 'v_SoccerJuggling_g24_c01.avi', 8, 'edge16', 'delta', 1),
]


def command(row):
    (network, steps), video, frames, hardware, rule, threshold = row
    source = json.dumps({'path': f'$DATA/videos/{video}', **steps})
    own = f'configs/energy/{hardware}.json'  # a published chip has a table of its own
    table = ['--set', f'/energy={own}'] if os.path.exists(own) else []
    return ['deltasim', 'run', 'configs/runs/example.json', '--set', f'/network=$DATA/networks/{network}',
            '--set', f'/input={source}', '--set', f'/hardware=configs/hw/{hardware}.json', *table,
            '--set', f'/frames={frames}', '--set', f'/delta/rule={rule}',
            '--set', f'/delta/threshold={threshold}']


def shown(words):
    """As a shell takes it, with $DATA expanded."""
    def quoted(word):
        if shlex.quote(word) == word:
            return word
        return '"' + word.replace('\\', '\\\\').replace('"', '\\"') + '"'
    return ' '.join(quoted(w) for w in words)


def run(words, program, data, folder):
    words = [program if w == 'deltasim' else w.replace('$DATA', data) for w in words] + ['-o', folder]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, 'report.json')) as f:
        return json.load(f)


def percent(x):
    return f'{100 * x:.1f} %'


def columns(row, report):
    (network, _), video, frames, hardware, rule, threshold = row
    delta, dense = report['executions']['delta'], report['executions']['dense']
    gain, spatial = report['comparison']['delta_vs_dense'], report['comparison']['delta_vs_spatial']
    quality, n = report['quality'], report['workload']['frames']
    energy = delta['energy_pj']
    return [network.split('.')[0].split('_')[0], os.path.splitext(video)[0], n, hardware, f'{rule} {threshold}',
            f"{dense['macs'] / n / 1e6:.2f}", f"{gain['macs']:.2f}x", f"{gain['cycles']:.2f}x", f"{gain['energy']:.2f}x",
            f"{spatial['macs']:.2f}x", f"{spatial['energy']:.2f}x",
            f"{energy['total'] / n * 1e-6:.2f} ({energy['low'] / n * 1e-6:.2f}-{energy['high'] / n * 1e-6:.2f})",
            f"{delta['interval_cycles'] / report['config']['hardware']['clock_mhz'] / 1e3:.2f}",
            percent(report['sparsity']['delta']['op_sparsity_fanout_without_first_frame']),
            'exact' if quality['to_dense']['sqnr_db'] is None else f"{quality['to_dense']['sqnr_db']:.1f} dB",
            percent(quality['to_float']['top1_agreement'])]


def main():
    program, data = sys.argv[1:3]
    print('# Real networks on real video\n')
    print('Made by `bench/results.py build/release/sim/deltasim DATA > docs/results.md`. Every row is one command (below), its')
    print('machine is checked against the reference network, ratios are against dense execution (or against skipping zeros,')
    print('"spatial") on the same machine, first frame included. Energy: per frame, with the range of the energy table.\n')
    head = ['network', 'video', 'frames', 'machine', 'rule', 'dense MMAC', 'MACs', 'cycles', 'energy', 'MACs vs spatial',
            'energy vs spatial', 'uJ/frame', 'ms/frame', 'sparsity (paper)', 'to dense', 'top-1 as float']
    print('| ' + ' | '.join(head) + ' |')
    print('|' + '---|' * len(head))
    commands = []
    with tempfile.TemporaryDirectory() as folder:
        for i, row in enumerate(ROWS):
            words = command(row)
            commands.append(shown(words))
            report = run(words, program, data, os.path.join(folder, str(i)))
            print('| ' + ' | '.join(map(str, columns(row, report))) + ' |', flush=True)
            print(commands[-1], file=sys.stderr)
    print('\nThe commands, in the order of the rows ($DATA: the folder with networks/ and videos/):\n')
    for c in commands:
        print('    ' + c)


if __name__ == '__main__':
    main()
