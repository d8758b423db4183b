#pragma once

#include "sim/document.hpp"

namespace deltasim::test {

/// The least that a page accepts as the report of a run: one execution of one layer on one core.
inline sim::Json small_report() {
  return sim::Json::parse(R"({
    "tool": {"name": "deltasim", "version": "0.0.1"},
    "config": {},
    "workload": {"network": {"name": "net", "file": "net.onnx"}, "input": "film", "frames": 2, "frame_rate": 30.0,
      "layers": [{"name": "a", "kind": "convolution", "input_shape": [1, 2, 2], "output_shape": [1, 2, 2], "neurons": 4,
        "weights": 9, "macs_dense": 16, "memory_bytes": {"weights": 9, "state": 16, "reference": 8}}]},
    "hardware": {"values": 0, "published": 0, "choices": 0, "estimates": [], "unsourced": []},
    "energy": {"values": 0, "published": 0, "choices": 0, "estimates": [], "unsourced": []},
    "executions": {"delta": {"macs": 10, "events": 5, "cycles": 100, "latency_cycles": 40, "frames_per_second": 9.0,
      "seconds": 1e-6, "energy_pj": {"total": 3.0, "low": 2.0, "high": 4.0, "by_component": {"mac": 3.0}},
      "layers": [{"name": "a", "events": 5, "macs": 10, "cycles": 90, "energy_pj": 3.0, "element_density": 0.5,
        "pixel_density": 0.5, "counts": {"mac": 10}}],
      "cores": [{"core": 0, "energy_pj": 3.0, "cycles_by_cause": {"busy": 100}, "counts": {"mac": 10}}],
      "links": []}},
    "comparison": {}, "sparsity": {}, "quality": null, "notes": [], "mapping": null, "validation": null
  })");
}

}  // namespace deltasim::test
