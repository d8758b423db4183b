// One axis of an event: the first kernel position and output (relative to the slice) that it reaches. Further taps follow
// by adding the stride to the kernel position and taking one from the output. Combinational; the quotient by the stride
// is small (a table in silicon).
module tap_decoder (
    input  logic [9:0]  at,        // of the event
    input  logic [15:0] pad,
    input  logic [15:0] stride,
    input  logic [15:0] kernel,
    input  logic [15:0] first,     // output of the slice
    input  logic [15:0] outputs,
    output logic        reached,
    output logic [15:0] tap,
    output logic [15:0] out
);

  logic [15:0] padded, quotient, last, clamped;
  always_comb begin
    padded   = 16'(at) + pad;
    quotient = padded / stride;
    last     = first + outputs - 16'd1;
    clamped  = quotient < last ? quotient : last;
    tap      = padded - 16'(clamped * stride);
    out      = clamped - first;
    reached  = clamped >= first && tap < kernel;
  end

endmodule
