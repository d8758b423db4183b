#!/usr/bin/env python3
"""Runs `deltasim run` on a QDQ network and compares events, MACs and integer outputs with int8_oracle.py.

    compare_int8.py DELTASIM NETWORK.onnx FRAMES.npy FRAMES THETA...      prints "skipped" where the data is missing
"""
import csv
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

import int8_oracle

CONFIGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../configs')


def simulate(program, network, frames, count, theta, folder):
    execution = 'dense' if theta == 'dense' else 'delta'
    run = {'network': network, 'input': frames, 'frames': count, 'executions': [execution], 'check': True,
           'hardware': os.path.join(CONFIGS, 'hw/edge16.json'), 'energy': os.path.join(CONFIGS, 'energy/cmos.json'),
           'delta': {'rule': 'send_on_delta', 'threshold': 0 if theta == 'dense' else int(theta)}}
    path = os.path.join(folder, 'run.json')
    with open(path, 'w') as f:
        json.dump(run, f)
    subprocess.run([program, 'run', path, '-o', os.path.join(folder, theta)], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, theta, 'frames.csv')) as f:
        rows = [(int(r['frame']), r['layer'], int(r['events']), int(r['macs']), int(r['macs_nonzero_weight']))
                for r in csv.DictReader(f)]
    outputs = os.path.join(folder, theta, 'outputs.npy')
    return rows, np.load(outputs)


def main():
    program, network, frames, count = sys.argv[1:4] + [int(sys.argv[4])]
    if not (os.path.exists(network) and os.path.exists(frames)):
        print('skipped: the shared data is not here')
        return 0
    data = np.load(frames)[:count]
    failures = compared = 0
    with tempfile.TemporaryDirectory() as folder:
        for theta in sys.argv[5:]:
            rows, outputs = simulate(program, network, frames, count, theta, folder)
            oracle = int8_oracle.Oracle(network)
            got = {(frame, layer): rest for frame, layer, *rest in rows}
            for t, codes in enumerate(data):
                expected, logits = oracle.frame(codes, None if theta == 'dense' else int(theta))
                for layer, events, macs, nonzero, _ in expected:
                    compared += 3
                    if got.pop((t, layer), None) != [events, macs, nonzero]:
                        failures += 1
                        print(f'theta {theta}, frame {t}, {layer}: expected {[events, macs, nonzero]}')
                compared += len(logits)
                if outputs[t].ravel().tolist() != logits.tolist():
                    failures += 1
                    print(f'theta {theta}, frame {t}: expected {logits}, got {outputs[t]}')
            if got:
                failures += 1
                print(f'theta {theta}: rows that nobody expected: {list(got)[:5]}')
    print(f'{os.path.basename(network)}: {compared} figures compared, {failures} differ')
    return failures > 0


if __name__ == '__main__':
    sys.exit(main())
