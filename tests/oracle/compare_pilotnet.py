#!/usr/bin/env python3
"""Runs `deltasim run` on the PilotNet sigma-delta network and compares events, MACs and outputs with pilotnet_oracle.py.

    compare_pilotnet.py DELTASIM NETWORK.net FRAMES.npy FRAMES      prints "skipped" where the data is missing
"""
import csv
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

CONFIGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../configs')


def main():
    program, network, frames, count = sys.argv[1:5]
    if not (os.path.exists(network) and os.path.exists(frames)):
        print('skipped: the shared data is not here')
        return 0
    oracle = subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), 'pilotnet_oracle.py'), network, frames,
                             count], check=True, capture_output=True, text=True).stdout
    expected = list(csv.DictReader(oracle.splitlines()))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'run.json')
        with open(path, 'w') as f:
            json.dump({'network': network, 'input': frames, 'frames': int(count), 'executions': ['delta'], 'check': True,
                       'hardware': os.path.join(CONFIGS, 'hw/edge16.json'),
                       'energy': os.path.join(CONFIGS, 'energy/cmos.json'), 'delta': {'rule': 'sigma_delta'}}, f)
        subprocess.run([program, 'run', path, '-o', os.path.join(folder, 'out')], check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(folder, 'out', 'frames.csv')) as f:
            got = [(int(r['events']), int(r['macs'])) for r in csv.DictReader(f)]
        outputs = np.load(os.path.join(folder, 'out', 'outputs.npy')).ravel().tolist()
    want = [(int(r['events']), int(r['macs'])) for r in expected if r['layer'] != 'output']
    want_outputs = [int(r['events']) for r in expected if r['layer'] == 'output']
    differ = sum(a != b for a, b in zip(got, want)) + sum(a != b for a, b in zip(outputs, want_outputs))
    differ += abs(len(got) - len(want)) + abs(len(outputs) - len(want_outputs))
    print(f'PilotNet: {2 * len(want) + len(want_outputs)} figures compared, {differ} differ')
    return differ > 0


if __name__ == '__main__':
    sys.exit(main())
