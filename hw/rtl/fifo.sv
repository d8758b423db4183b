// FIFO of flits. A flit written in a cycle can be read in the next; room that is freed in a cycle can be used in the
// next: `in_ready` depends on registers only.
module fifo
  import types_pkg::*;
#(
    parameter int DEPTH = 64
) (
    input  logic  clk,
    input  logic  rst_n,
    input  logic  in_valid,
    output logic  in_ready,
    input  flit_t in_flit,
    output logic  out_valid,
    input  logic  out_ready,
    output flit_t out_flit
);

  localparam int PointerBits = DEPTH > 1 ? $clog2(DEPTH) : 1;
  localparam int CountBits = $clog2(DEPTH + 1);

  flit_t entries[DEPTH];
  logic [PointerBits-1:0] first, next;
  logic [CountBits-1:0] count;

  assign in_ready  = count != CountBits'(DEPTH);
  assign out_valid = count != '0;
  assign out_flit  = entries[first];

  logic push, pop;
  assign push = in_valid && in_ready;
  assign pop  = out_valid && out_ready;

  function automatic logic [PointerBits-1:0] after(logic [PointerBits-1:0] at);
    return at == PointerBits'(DEPTH - 1) ? '0 : at + 1'b1;
  endfunction

  always_ff @(posedge clk) begin
    if (push) entries[next] <= in_flit;
    if (!rst_n) begin
      first <= '0;
      next  <= '0;
      count <= '0;
    end else begin
      if (push) next <= after(next);
      if (pop) first <= after(first);
      if (push && !pop) count <= count + 1'b1;
      if (pop && !push) count <= count - 1'b1;
    end
  end

endmodule
