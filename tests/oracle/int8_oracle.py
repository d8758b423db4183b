#!/usr/bin/env python3
"""Independent program for the integer arithmetic: QDQ networks under rule send_on_delta or dense.

    int8_oracle.py NETWORK.onnx FRAMES.npy THETA|dense [FRAMES]

Prints a row per frame and weighted layer: theta,frame,layer,events,macs,nzw_macs,crc32_r and the integer outputs.
It shares no code and no method with the simulator: accumulators are computed anew from the reconstructed inputs
(acc = bias + conv(r), by linearity), fan-outs by scattering ones through the convolution.
"""
import sys
import zlib

import numpy as np
import onnx
from onnx import numpy_helper


def attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def taps(x, kernel, stride, pads, fill=0):
    """C,H,W -> C,kh*kw,oh,ow windows."""
    (kh, kw), (sh, sw), (t, l, b, r) = kernel, stride, pads
    c, h, w = x.shape
    padded = np.full((c, h + t + b, w + l + r), fill, x.dtype)
    padded[:, t:t + h, l:l + w] = x
    oh, ow = (h + t + b - kh) // sh + 1, (w + l + r - kw) // sw + 1
    return np.stack([padded[:, i:i + sh * (oh - 1) + 1:sh, j:j + sw * (ow - 1) + 1:sw]
                     for i in range(kh) for j in range(kw)], 1)


class Convolution:
    def __init__(self, name, source, weight, bias, scale, shape, attr):
        self.name, self.source, self.weight = name, source, weight.astype(np.int64)
        self.bias, self.scale = bias.astype(np.int64), scale.astype(np.float64)
        self.kernel, self.shape = weight.shape[2:], shape
        self.stride = attr.get('strides', [1, 1])
        self.pads = attr.get('pads', [0, 0, 0, 0])
        self.group = attr.get('group', 1)
        self.reach = {True: self.fan(self.weight != 0), False: self.fan(np.ones_like(self.weight))}

    def fan(self, ones):
        """MACs that an event at each input element causes: the transposed convolution of a map of ones."""
        c, h, w = self.shape
        index = taps(np.arange(c * h * w).reshape(c, h, w), self.kernel, self.stride, self.pads, fill=-1)
        per_tap = ones.astype(np.int64).reshape(self.group, -1, ones.shape[1], index.shape[1]).sum(1)  # g, cin/g, taps
        per_tap = per_tap.reshape(c, -1)
        count = np.zeros(c * h * w + 1, np.int64)
        weights = np.broadcast_to(per_tap[:, :, None, None], index.shape)
        np.add.at(count, index.ravel(), weights.ravel())
        return count[:-1].reshape(self.shape)

    def accumulate(self, r):
        windows = taps(r.astype(np.int64), self.kernel, self.stride, self.pads)
        c, k, oh, ow = windows.shape
        windows = windows.reshape(self.group, c // self.group * k, oh * ow)
        weight = self.weight.reshape(self.group, -1, c // self.group * k)
        out = np.einsum('gok,gkp->gop', weight, windows).reshape(-1, oh, ow)
        return out + self.bias[:, None, None]


class Oracle:
    def __init__(self, path):
        graph = onnx.load(path).graph
        self.constants = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
        self.nodes, self.graph = list(graph.node), graph
        self.input = graph.input[0].name
        self.shape = tuple(d.dim_value for d in graph.input[0].type.tensor_type.shape.dim)[1:]
        self.r, self.shapes = {}, {}
        self.dequantised = {}
        for node in self.nodes:
            if node.op_type == 'DequantizeLinear' and node.input[0] in self.constants:
                self.dequantised[node.output[0]] = (self.constants[node.input[0]], self.constants[node.input[1]])
        self.convolutions = {}

    def encode(self, name, x, theta):
        """What the consumers hold after this frame, and where an event was sent."""
        r = self.r.setdefault(name, np.zeros(x.shape, np.int64))
        sent = np.ones(x.shape, bool) if theta is None else np.abs(x - r) > theta
        r[sent] = x[sent]
        return r, sent

    def frame(self, codes, theta):
        rows, value = [], {}  # value: tensor -> ('codes', r, sent, scale) or ('sum', [terms], scale) before a quantiser
        quantised = {self.input: codes.astype(np.int64)}
        for node in self.nodes:
            op, out, attr = node.op_type, node.output[0], attributes(node)
            if out in self.dequantised:
                continue
            if op == 'DequantizeLinear':
                scale = float(self.constants[node.input[1]])
                r, sent = self.encode(node.input[0], quantised[node.input[0]], theta)
                value[out] = ('codes', r, sent, scale)
            elif op in ('Conv', 'Gemm'):
                value[out] = self.weighted(node, attr, value, rows)
            elif op == 'Add':
                value[out] = ('sum', sum((self.terms(value[i]) for i in node.input), []), False)
            elif op == 'Relu':
                kind, terms, _ = value[node.input[0]]
                value[out] = (kind, terms, True)
            elif op == 'AveragePool':
                _, r, _, scale = value[node.input[0]]
                k, s = attr['kernel_shape'], attr.get('strides', [1, 1])
                windows = taps(r, k, s, attr.get('pads', [0, 0, 0, 0]))
                n = windows.shape[1]
                value[out] = ('pooled', (2 * windows.sum(1) + n) // (2 * n), scale)
            elif op == 'Flatten':
                kind, r, sent, scale = value[node.input[0]]
                value[out] = (kind, r.reshape(-1, 1, 1), sent.reshape(-1, 1, 1), scale)
            elif op == 'QuantizeLinear':
                quantised[out] = self.requantise(value[node.input[0]], float(self.constants[node.input[1]]))
            else:
                raise SystemExit(f'{node.name}: {op} is not known here')
        (terms,) = [value[o.name][1] for o in self.graph.output]
        ((logits, _),) = terms
        return rows, logits.ravel()

    @staticmethod
    def terms(v):
        return v[1] if v[0] == 'sum' else [(v[1], np.array([v[3]]))]

    def weighted(self, node, attr, value, rows):
        _, r, sent, scale = value[node.input[0]]
        if node.name not in self.convolutions:
            weight, weight_scale = self.dequantised[node.input[1]]
            if node.op_type == 'Gemm':
                weight = (weight if attr.get('transB') else weight.T)[:, :, None, None]
            bias = self.dequantised[node.input[2]][0]
            self.convolutions[node.name] = Convolution(node.name, node.input[0], weight, bias,
                                                       np.atleast_1d(weight_scale), r.shape, attr)
        conv = self.convolutions[node.name]
        crc = zlib.crc32(r.astype(np.uint8).tobytes())
        rows.append((node.name, int(sent.sum()), int(conv.reach[False][sent].sum()), int(conv.reach[True][sent].sum()),
                     f'{crc:08x}'))
        return ('sum', [(conv.accumulate(r), conv.scale * scale)], False)

    @staticmethod
    def requantise(v, step):
        if v[0] == 'pooled':
            assert v[2] == step
            return v[1]
        _, terms, relu = v
        total = 0
        for acc, scale in terms:
            m = np.rint(scale / step * 2**24).astype(np.int64)
            total = total + acc.astype(np.int64) * m[:, None, None]
        low, high = (0, 255) if relu else (-128, 127)
        return np.clip((total + 2**23) >> 24, low, high)


def main():
    network, frames, theta = sys.argv[1:4]
    data = np.load(frames)[:int(sys.argv[4]) if len(sys.argv) > 4 else None]
    limit = None if theta == 'dense' else int(theta)
    oracle = Oracle(network)
    print('theta,frame,layer,events,macs,nzw_macs,crc32_r')
    for t, codes in enumerate(data):
        rows, logits = oracle.frame(codes, limit)
        for row in rows:
            print(','.join(map(str, (theta, t) + row)))
        print(f"{theta},{t},logits,{' '.join(map(str, logits))},,,")


if __name__ == '__main__':
    main()
