#!/usr/bin/env python3
"""Draws docs/example.png from a run and a recorded stream of the default example (needs python3-matplotlib, -h5py).

    deltasim run configs/runs/example.json -o out/example
    deltasim record configs/runs/example.json -o out/example.h5
    bench/figure.py out/example/report.json out/example.h5 docs/example.png
"""
import json
import sys

import h5py
import matplotlib
import numpy as np

matplotlib.use('Agg')
import matplotlib.pyplot as plt  # noqa: E402

# Okabe and Ito's palette: distinguishable to colour-blind readers.
COLOURS = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00', '#F0E442', '#000000', '#999999', '#666666']


def frames_of(layer, shape, count):
    """What the layer's consumers hold after each frame, and how much changed per pixel."""
    ends = layer['frame_end'][()]
    channel, y, x, value = (layer[k][()] for k in ('channel', 'y', 'x', 'value'))
    held = np.zeros(shape, np.int64)
    for t in range(count):
        part = slice(ends[t - 1] if t else 0, ends[t])
        changed = np.zeros(shape[1:], np.int64)
        np.add.at(held, (channel[part], y[part], x[part]), value[part])
        np.add.at(changed, (y[part], x[part]), 1)
        yield held.copy(), changed


def steps_of(layer):
    """Grey levels of code 1, per channel."""
    steps = layer.attrs.get('channel_steps')
    return layer.attrs['step'] if steps is None else np.reshape(steps, (-1, 1, 1))


def pictures(stream, axes_rows, moments):
    maps = [('input', 'sent as events')] + [(i, f'{stream[f"layers/{i}"].attrs["name"].decode()} sends') for i in (1, 4)]
    for row, (index, label) in zip(axes_rows, [('frame', 'the camera')] + maps):
        layer = stream[f'layers/{0 if index in ("frame", "input") else index}']
        shape = tuple(int(layer.attrs[k]) for k in ('channels', 'height', 'width'))
        history = list(frames_of(layer, shape, max(moments) + 1))
        for axis, t in zip(row, moments):
            held, changed = history[t]
            if index == 'frame':
                axis.imshow(np.clip(held * steps_of(layer), 0, 255).astype(np.uint8).transpose(1, 2, 0))
                axis.set_title(f'frame {t}', fontsize=9)
            else:
                axis.imshow(changed, cmap='magma', vmin=0, vmax=shape[0])
            axis.set_xticks([])
            axis.set_yticks([])
        row[0].set_ylabel(label, fontsize=9)


def energy(axis, report):
    names = list(report['executions'])
    scale = 1e-6 / report['workload']['frames']
    parts = {part: np.array([report['executions'][n]['energy_pj']['by_component'][part] for n in names]) * scale
             for part in report['executions'][names[0]]['energy_pj']['by_component']}
    widest = max(sum(parts.values()))
    shown = {part: values for part, values in parts.items() if values.max() > 0.01 * widest}
    shown['other'] = sum((values for part, values in parts.items() if part not in shown), np.zeros(len(names)))
    left = np.zeros(len(names))
    for colour, (part, values) in zip(COLOURS, shown.items()):
        axis.barh(names, values, left=left, color=colour, label=part.replace('_', ' '), edgecolor='white', linewidth=0.5)
        left += values
    axis.invert_yaxis()
    axis.set_xlabel('energy per frame / uJ', fontsize=9)
    axis.tick_params(labelsize=9)
    axis.legend(fontsize=7, frameon=False, loc='lower right')


def work(axis, report):
    rows = [r for r in report['workload']['layers'] if r['weights']]
    frames = report['workload']['frames']
    for i, name in enumerate(report['executions']):
        by_name = {layer['name']: layer for layer in report['executions'][name]['layers']}
        y = np.arange(len(rows)) + (i - 1) * 0.27
        axis.barh(y, [by_name[r['name']]['macs'] / frames / 1e3 for r in rows], 0.27, label=name, color=COLOURS[i])
    axis.set_yticks(range(len(rows)), [r['name'] for r in rows], fontsize=8)
    axis.set_xlabel('MACs per frame / 1000', fontsize=9)
    axis.tick_params(axis='x', labelsize=9)
    axis.invert_yaxis()
    axis.legend(fontsize=8, frameon=False, loc='upper right')


def main():
    report_path, stream_path, picture = sys.argv[1:4]
    with open(report_path) as f:
        report = json.load(f)
    moments = np.linspace(0, report['workload']['frames'] - 1, 6).round().astype(int)
    figure = plt.figure(figsize=(10, 9.2), dpi=100, layout='constrained')
    top, bottom = figure.subfigures(2, 1, height_ratios=[1.75, 1])
    with h5py.File(stream_path) as stream:
        pictures(stream, top.subplots(4, len(moments)), moments)
    left, right = bottom.subplots(1, 2)
    energy(left, report)
    work(right, report)
    for axis in (left, right):
        axis.spines[['top', 'right']].set_visible(False)
    figure.savefig(picture)


if __name__ == '__main__':
    main()
