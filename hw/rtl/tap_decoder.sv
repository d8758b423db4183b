// One axis of an event: the first kernel position and output (relative to the slice) that it reaches. Further taps follow
// by adding the stride to the kernel position and taking the dilation from the output. Combinational; divisors are
// registers of a few values (tables in silicon). Limits: stride or dilation is 1.
module tap_decoder (
    input  logic [9:0]  at,        // of the event
    input  logic [15:0] pad,
    input  logic [15:0] stride,
    input  logic [15:0] dilation,
    input  logic [15:0] kernel,
    input  logic [15:0] first,     // output of the slice
    input  logic [15:0] outputs,
    output logic        reached,
    output logic [15:0] tap,
    output logic [15:0] out
);

  logic [15:0] padded, last, place, beyond, down;
  always_comb begin
    padded = 16'(at) + pad;
    last   = first + outputs - 16'd1;
    beyond = padded > last ? padded - last : '0;
    if (dilation == 16'd1) begin
      place = padded / stride < last ? padded / stride : last;
      tap   = padded - 16'(place * stride);
      down  = '0;
    end else begin
      tap   = (beyond + dilation - 16'd1) / dilation;
      down  = 16'(tap * dilation);
      place = padded - down;
    end
    out     = place - first;
    reached = down <= padded && place >= first && tap < kernel;
  end

endmodule
