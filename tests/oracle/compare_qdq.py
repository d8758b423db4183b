#!/usr/bin/env python3
"""Exported networks in the simulator against what their files mean in any ONNX runtime (qdq_oracle.py).

    compare_qdq.py DELTASIM TRAINING_TESTS
"""
import csv
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

import qdq_oracle

CONFIGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../configs')
FRAMES = 4


def simulate(program, network, frames, folder):
    run = {'network': network, 'input': frames, 'executions': ['delta'], 'check': True,
           'hardware': os.path.join(CONFIGS, 'hw/edge16.json'), 'energy': os.path.join(CONFIGS, 'energy/cmos.json'),
           'delta': {'rule': 'delta', 'threshold': 1}}
    path = os.path.join(folder, 'run.json')
    with open(path, 'w') as f:
        json.dump(run, f)
    out = os.path.join(folder, 'out')
    subprocess.run([program, 'run', path, '-o', out], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(out, 'frames.csv')) as f:
        events = {(int(r['frame']), r['layer']): int(r['events']) for r in csv.DictReader(f) if r['execution'] == 'delta'}
    return events, np.load(os.path.join(out, 'outputs.npy'))


def quantiser_before(graph, tensor):
    """QuantizeLinear whose codes a node reads, past dequantiser, max pool and flattening."""
    makers = {node.output[0]: node for node in graph.node}
    node = makers[tensor]
    passed = []
    while node.op_type != 'QuantizeLinear':
        passed.append(node)
        node = makers[node.input[0]]
    return node, passed


def codes_read(network, node, values):
    """The codes that a Conv or Gemm reads, and their steps per channel."""
    quantiser, passed = quantiser_before(network.graph, node.input[0])
    codes = values[quantiser.output[0]]
    for between in reversed(passed):
        if between.op_type == 'MaxPool':
            attributes = {a.name: qdq_oracle.onnx.helper.get_attribute_value(a) for a in between.attribute}
            codes = qdq_oracle.Network.MaxPool(codes.astype(np.float64), **attributes)
    return codes.astype(np.int64), np.atleast_1d(values[quantiser.input[1]])


def main():
    program, writer = sys.argv[1:3]
    failures = []
    changes = differences = 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([writer, '--test-case=export: networks for an independent program'], check=True,
                       stdout=subprocess.DEVNULL, env={**os.environ, 'DELTASIM_EXPORTS': folder})
        names = sorted(n[:-5] for n in os.listdir(folder) if n.endswith('.onnx'))
        for name in names:
            network = qdq_oracle.Network(os.path.join(folder, name + '.onnx'))
            shape = [d.dim_value for d in network.graph.input[0].type.tensor_type.shape.dim][1:]
            dice = np.random.default_rng(len(name))
            frames = np.repeat(dice.integers(0, 256, [1] + shape), FRAMES, 0)
            for t in range(1, FRAMES):
                changed = dice.random(shape) < 0.15
                frames[t] = np.where(changed, dice.integers(0, 256, shape), frames[t - 1])
            path = os.path.join(folder, name + '.npy')
            np.save(path, frames.astype(np.float32))
            events, outputs = simulate(program, os.path.join(folder, name + '.onnx'), path, folder)
            weighted = [node for node in network.graph.node if node.op_type in ('Conv', 'Gemm')]
            before = {}
            for t, frame in enumerate(frames):
                values = network.run(frame)
                for node in weighted:
                    codes, steps = codes_read(network, node, values)
                    expected = int((codes != before.get(node.name, 0)).sum())
                    before[node.name] = codes
                    got = events.get((t, node.name))
                    if got is None:
                        continue  # a shortcut's convolution is counted with its layer
                    changes += expected
                    differences += abs(got - expected)
                exact = values[network.graph.output[0].name].ravel()
                scale = values[node.name + '/weight_scale'].astype(np.float64) * steps.max()
                found = outputs[t].ravel() * scale
                error = np.abs(found - exact).max()
                if error > 0.02 * np.abs(exact).max():
                    failures.append(f'{name}, frame {t}: logits {found} for {exact}')
    print(f'{len(names)} networks, {changes} changes, {differences} of them differ')
    if not names or changes < 1000 or differences > 0.005 * changes:
        failures.append(f'{differences} of {changes} changes')
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
