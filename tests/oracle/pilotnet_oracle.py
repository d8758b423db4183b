#!/usr/bin/env python3
"""Independent program for Loihi's fixed-point sigma-delta rule on Lava netx networks of convolutions and dense layers.

    pilotnet_oracle.py NETWORK.net FRAMES.npy [FRAMES]          N x H x W x 3 uint8, layers evaluated in order
    pilotnet_oracle.py NETWORK.net INPUT.npy STEPS --delay      W x H x 3 x 1 codes repeated, one step of delay per layer

Prints frame,layer,events,macs for every weighted layer (events on its input) and the integrated output.
"""
import sys

import h5py
import numpy as np

SHIFT, MESSAGE_SHIFT, BITS = 12, 6, 24


def wrap(x):
    half = 1 << (BITS - 1)
    return ((x + half) & ((1 << BITS) - 1)) - half


class Layer:
    def __init__(self, group):
        self.kind = group['type'][0].decode()
        neuron = group['neuron']
        self.threshold = int(neuron['vThMant'][()]) << SHIFT
        self.weight = group['weight'][()].astype(np.int64)
        self.bias = group['bias'][()].astype(np.int64) << SHIFT if 'bias' in group else np.zeros(len(self.weight), np.int64)
        if self.kind == 'conv':
            self.stride, self.pad = group['stride'][()], group['padding'][()]
        self.sigma, self.act, self.residue, self.reached = 0, 0, 0, {}

    def windows(self, x):
        c, h, w = x.shape
        (py, px), (sy, sx) = self.pad, self.stride
        kh, kw = self.weight.shape[2:]
        padded = np.pad(x, ((0, 0), (py, py), (px, px)))
        oh, ow = (h + 2 * py - kh) // sy + 1, (w + 2 * px - kw) // sx + 1
        return np.stack([padded[:, i:i + sy * (oh - 1) + 1:sy, j:j + sx * (ow - 1) + 1:sx]
                         for i in range(kh) for j in range(kw)], 1)

    def integrate(self, message):
        if self.kind == 'dense':
            flat = message.reshape(-1)
            total = self.weight @ flat
            shape = (-1, 1, 1)
        else:
            windows = self.windows(message)
            total = np.einsum('ock,ckyx->oyx', self.weight.reshape(*self.weight.shape[:2], -1), windows)
            shape = total.shape
        self.sigma = self.sigma + (wrap(total) if self.kind == 'conv' else total).reshape(shape)
        return self.sigma

    def macs(self, message):
        ones = (message != 0).astype(np.int64)
        if self.kind == 'dense':
            return int(ones.sum()) * len(self.weight)
        return int(self.windows(ones).sum()) * len(self.weight)

    def send(self):
        act = np.maximum(self.sigma + self.bias.reshape(-1, 1, 1), 0)
        d = act - self.act + self.residue
        fired = np.where(np.abs(d) >= self.threshold, d, 0)
        self.residue, self.act = d - fired, act
        return fired >> MESSAGE_SHIFT


class Input:
    def __init__(self, group):
        self.threshold = int(group['neuron']['vThMant'][()]) << SHIFT
        self.act, self.residue = 0, 0

    def send(self, codes):
        act = codes.astype(np.int64) << SHIFT  # the input keeps its sign
        d = act - self.act + self.residue
        fired = np.where(np.abs(d) >= self.threshold, d, 0)
        self.residue, self.act = d - fired, act
        return fired >> MESSAGE_SHIFT


def main():
    path, frames = sys.argv[1:3]
    delay = '--delay' in sys.argv
    with h5py.File(path) as f:
        groups = [f['layer'][k] for k in sorted(f['layer'], key=int)]
        source = Input(groups[0])
        indices = [i for i, g in enumerate(groups) if g['type'][0].decode() in ('conv', 'dense')]
        layers = [Layer(groups[i]) for i in indices]
    data = np.load(frames)
    if delay:
        steps = int(sys.argv[3])
        codes = [data[..., 0].transpose(2, 1, 0)] * steps
    else:
        data = data[:int(sys.argv[3]) if len(sys.argv) > 3 else None]
        codes = [np.trunc(2 * 64 * p.transpose(2, 0, 1).astype(np.float64) / 255 - 64).astype(np.int64) for p in data]
    print('frame,layer,events,macs')
    last = [0] * len(layers)  # what each layer's producer sent in the step before
    for t, code in enumerate(codes):
        sent = [source.send(code)]
        for k, layer in enumerate(layers):
            message = last[k] if delay else sent[k]
            if delay and t == 0:
                message = np.zeros_like(sent[k])
            print(f'{t},{indices[k]},{int((message != 0).sum())},{layer.macs(message)}')
            layer.integrate(message)
            sent.append(layer.send())
        last = sent[:-1]
        print(f'{t},output,{int(np.ravel(layers[-1].sigma)[0])},')


if __name__ == '__main__':
    main()
