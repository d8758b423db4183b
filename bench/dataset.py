#!/usr/bin/env python3
"""Draws docs/dataset.png, the classes of the rendered benchmark (needs python3-matplotlib, -pil).

    ninja -C build/release dataset_frames && mkdir -p out/dataset
    build/release/bench/dataset_frames out/dataset
    bench/dataset.py out/dataset docs/dataset.png
"""
import pathlib
import sys

import matplotlib
import numpy as np
from PIL import Image

matplotlib.use('Agg')
import matplotlib.pyplot as plt  # noqa: E402

# in the order of traces/actions.cpp
CLASSES = ['disc', 'ring', 'square', 'triangle', 'cross', 'star', 'crescent', 'hourglass', 'stripes', 'chequers', 'target', 'twins',
           'sway', 'bounce', 'spin', 'pulse']
APPEARANCE = 12
GAP = 4
SCALE = 1.5  # picture pixels per pixel of a clip
LABEL = 92  # pixels for the name in front of a row
MOVING = np.array([230, 159, 0], np.uint8)


def strip(pictures, moving):
    """Pictures side by side; a bar below those whose camera moves."""
    count, _, height, width = pictures.shape
    row = np.full((height + GAP + 2, count * (width + GAP), 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        left = i * (width + GAP)
        row[:height, left:left + width] = picture.transpose(1, 2, 0)
        if moving[i]:
            row[height + 1:height + 4, left:left + width] = MOVING
    return row


def place(figure, row, left, top, name):
    """`left` and `top` in pixels of the whole picture."""
    width, height = figure.get_size_inches() * figure.dpi
    wide, high = row.shape[1] * SCALE, row.shape[0] * SCALE
    axes = figure.add_axes([(left + LABEL) / width, 1 - (top + high) / height, wide / width, high / height])
    axes.imshow(row, interpolation='nearest', aspect='auto')
    axes.axis('off')
    figure.text((left + LABEL - 10) / width, 1 - (top + high / 2 - 3) / height, name, ha='right', va='center', fontsize=12)


def main(folder, picture):
    clips, films, moving = (np.load(pathlib.Path(folder) / f'{name}.npy') for name in ('clips', 'films', 'moving'))
    shown = clips.shape[1]
    column = LABEL + shown * (clips.shape[-1] + GAP) * SCALE
    row = (clips.shape[-2] + GAP + 2) * SCALE
    heading = 34
    width, height = 2 * column + 24, 2 * heading + (APPEARANCE // 2 + len(CLASSES) - APPEARANCE) * row + 10
    figure = plt.figure(figsize=(width / 100, height / 100), dpi=100)
    figure.text(12 / width, 1 - 18 / height, 'told by the object: one frame of each of seven test clips (orange: the camera moves)',
                va='center', fontsize=12, weight='bold')
    for label in range(APPEARANCE):
        left = (label % 2) * (column + 24)
        place(figure, strip(clips[label], moving[label]), left, heading + label // 2 * row, CLASSES[label])
    top = heading + APPEARANCE // 2 * row
    figure.text(12 / width, 1 - (top + 20) / height, 'told by motion: neighbouring frames of one clip, 30 per second', va='center',
                fontsize=12, weight='bold')
    for label in range(APPEARANCE, len(CLASSES)):
        film = films[label]
        place(figure, strip(film, [moving[label][3]] * len(film)), 0, top + heading + (label - APPEARANCE) * row, CLASSES[label])
    figure.savefig(picture)
    # noise does not compress: 256 colours make a fifth of the file
    Image.open(picture).convert('RGB').quantize(256, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == '__main__':
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
