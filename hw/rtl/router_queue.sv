// Input queue of a router: flits of whole packets, whose head several outputs may be reading at a time.
//
// Timing: a flit written in cycle c can be the head in c + 1. Every output has a read pointer of its own, so the copies
// of a multicast packet need not start together. `leave` (the last copy starts) gives all the packet's room back at
// once: its flits then drain one a cycle, and nobody writes more than one a cycle. The next head shows when the last
// flit has left.
module router_queue #(
    parameter int FLIT_BITS = 32,
    parameter int LENGTH_BITS = 2,
    parameter int OUTPUTS = 5,
    parameter int DEPTH = 4
) (
    input  logic                              clk,
    input  logic                              rst_n,
    input  logic                              write,
    input  logic [FLIT_BITS-1:0]              write_flit,
    output logic                              head_valid,
    output logic [FLIT_BITS-1:0]              head_flit,
    output logic [OUTPUTS-1:0]                sent,         // outputs that have begun their copy of the head
    input  logic [LENGTH_BITS-1:0]            head_length,  // flits of the head packet
    input  logic [OUTPUTS-1:0]                take,         // outputs that begin their copy now
    input  logic                              leave,        // with these, nobody wants the head any more
    input  logic [OUTPUTS-1:0]                follow,       // outputs that read a later flit of their packet now
    output logic [FLIT_BITS-1:0]              follow_flit[OUTPUTS]
);
  localparam int PointerBits = DEPTH > 1 ? $clog2(DEPTH) : 1;
  localparam int CountBits = $clog2(DEPTH + 1);
  typedef logic [PointerBits-1:0] pointer_t;

  localparam pointer_t Last = pointer_t'(DEPTH - 1);

  logic [FLIT_BITS-1:0] memory[DEPTH];
  pointer_t write_at, head_at;
  pointer_t [OUTPUTS-1:0] follow_at;
  logic [CountBits-1:0] count;
  logic [LENGTH_BITS-1:0] draining;  // flits still to leave of the packet that gave up the head
  logic drop;

  assign head_valid = count != '0 && draining == '0;
  assign head_flit = memory[head_at];
  assign drop = leave || draining != '0;
  for (genvar o = 0; o < OUTPUTS; o++) begin : gen_follow
    assign follow_flit[o] = memory[follow_at[o]];
  end

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      write_at <= '0;
      head_at <= '0;
      count <= '0;
      draining <= '0;
      sent <= '0;
    end else begin
      if (write) write_at <= write_at == Last ? '0 : write_at + 1'b1;
      if (drop) head_at <= head_at == Last ? '0 : head_at + 1'b1;
      count <= count + CountBits'(write) - CountBits'(drop);
      if (leave) draining <= head_length - 1'b1;
      else if (draining != '0) draining <= draining - 1'b1;
      sent <= leave ? '0 : sent | take;
    end
  end

  always_ff @(posedge clk) begin
    if (write) memory[write_at] <= write_flit;
    for (int o = 0; o < OUTPUTS; o++) begin
      if (take[o]) follow_at[o] <= head_at == Last ? '0 : head_at + 1'b1;
      else if (follow[o]) follow_at[o] <= follow_at[o] == Last ? '0 : follow_at[o] + 1'b1;
    end
  end

  always_ff @(posedge clk) begin
    if (rst_n) begin
      overflow : assert (!write || count != CountBits'(DEPTH));
      underflow : assert (!drop || count != '0);
    end
  end
endmodule
