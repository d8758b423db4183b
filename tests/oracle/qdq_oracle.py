"""Independent program for exported networks: what an ONNX file in QDQ form means, operator by operator, in numpy.

It shares no code and no method with the exporter, the importer and the integer network: real numbers all through, as any
ONNX runtime would compute them. onnx's own checker and shape inference look at the file first.
"""
import numpy as np
import onnx
from onnx import numpy_helper


def along(values, rank, axis):
    values = np.asarray(values, np.float64)
    if values.ndim == 0:
        return values
    shape = [1] * rank
    shape[axis] = -1
    return values.reshape(shape)


def windows(x, kernel, stride, pads, fill):
    (kh, kw), (sh, sw), (t, l, b, r) = kernel, stride, pads
    n, c, h, w = x.shape
    padded = np.full((n, c, h + t + b, w + l + r), fill, np.float64)
    padded[:, :, t:t + h, l:l + w] = x
    oh, ow = (h + t + b - kh) // sh + 1, (w + l + r - kw) // sw + 1
    return np.stack([padded[:, :, i:i + sh * (oh - 1) + 1:sh, j:j + sw * (ow - 1) + 1:sw]
                     for i in range(kh) for j in range(kw)], 2)  # n, c, taps, oh, ow


class Network:
    def __init__(self, path):
        model = onnx.load(path)
        onnx.checker.check_model(model)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
        self.graph = model.graph
        self.metadata = {entry.key: entry.value for entry in model.metadata_props}
        self.constants = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}

    def run(self, frame):
        """All tensors of one frame (C, H, W) by name."""
        values = dict(self.constants)
        values[self.graph.input[0].name] = np.asarray(frame, np.float64)[None]
        for node in self.graph.node:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            inputs = [values[name] for name in node.input]
            values[node.output[0]] = getattr(self, node.op_type)(*inputs, **attributes)
        return values

    @staticmethod
    def QuantizeLinear(x, scale, zero, axis=1):
        limits = np.iinfo(zero.dtype)
        codes = np.rint(x / along(scale, x.ndim, axis)) + along(zero, x.ndim, axis)
        return np.clip(codes, limits.min, limits.max).astype(zero.dtype)

    @staticmethod
    def DequantizeLinear(x, scale, zero, axis=1):
        return (x.astype(np.float64) - along(zero, x.ndim, axis)) * along(scale, x.ndim, axis)

    @staticmethod
    def Conv(x, weight, bias=None, kernel_shape=None, strides=(1, 1), pads=(0, 0, 0, 0), group=1):
        taken = windows(x, kernel_shape, strides, pads, 0)
        n, c, taps, oh, ow = taken.shape
        taken = taken.reshape(n, group, c // group, taps, oh, ow)
        kernel = weight.reshape(group, weight.shape[0] // group, c // group, taps)
        y = np.einsum('goct,ngcthw->ngohw', kernel, taken).reshape(n, weight.shape[0], oh, ow)
        return y if bias is None else y + along(bias, 4, 1)

    @staticmethod
    def Gemm(x, weight, bias=0.0, transB=0):
        return x @ (weight.T if transB else weight) + bias

    @staticmethod
    def MaxPool(x, kernel_shape=None, strides=(1, 1), pads=(0, 0, 0, 0)):
        return windows(x, kernel_shape, strides, pads, -np.inf).max(2)

    @staticmethod
    def AveragePool(x, kernel_shape=None, strides=(1, 1), pads=(0, 0, 0, 0)):
        inside = windows(np.ones_like(x), kernel_shape, strides, pads, 0).sum(2)
        return windows(x, kernel_shape, strides, pads, 0).sum(2) / inside

    @staticmethod
    def GlobalAveragePool(x):
        return x.mean((2, 3), keepdims=True)

    @staticmethod
    def Add(a, b):
        return a + b

    @staticmethod
    def Div(a, b):
        return a / b

    @staticmethod
    def Relu(x):
        return np.maximum(x, 0)

    @staticmethod
    def Clip(x, low, high):
        return np.clip(x, low, high)

    @staticmethod
    def Flatten(x):
        return x.reshape(x.shape[0], -1)

    @staticmethod
    def BatchNormalization(x, scale, bias, mean, variance, epsilon=1e-5):
        factor = along(scale, x.ndim, 1) / np.sqrt(along(variance, x.ndim, 1) + epsilon)
        return (x - along(mean, x.ndim, 1)) * factor + along(bias, x.ndim, 1)
