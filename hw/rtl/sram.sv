// One bank of a synchronous SRAM: data comes one cycle after the address. Every port reads or writes; writes have a mask
// of bits. A word that one port reads while another writes it comes out as written: the bank forwards around the array.
module sram #(
    parameter int WORD_BITS = 64,
    parameter int ROWS = 1024,
    parameter int PORTS = 1,
    localparam int RowBits = $clog2(ROWS)
) (
    input  logic                              clk,
    input  logic [PORTS-1:0]                  enable,
    input  logic [PORTS-1:0]                  write,
    input  logic [PORTS-1:0][RowBits-1:0]     row,
    input  logic [PORTS-1:0][WORD_BITS-1:0]   mask,
    input  logic [PORTS-1:0][WORD_BITS-1:0]   data_in,
    output logic [PORTS-1:0][WORD_BITS-1:0]   data_out
);

  logic [WORD_BITS-1:0] words[ROWS];
  logic [PORTS-1:0][WORD_BITS-1:0] seen;

  always_comb begin
    for (int p = 0; p < PORTS; p++) begin
      seen[p] = words[row[p]];
      for (int q = 0; q < PORTS; q++)
        if (enable[q] && write[q] && row[q] == row[p]) seen[p] = (seen[p] & ~mask[q]) | (data_in[q] & mask[q]);
    end
  end

  // Two ports never write the same bits in one cycle; where they write the same word, both see the merged one.
  always_ff @(posedge clk) begin
    for (int p = 0; p < PORTS; p++) begin
      if (enable[p] && write[p]) words[row[p]] <= seen[p];
      if (enable[p] && !write[p]) data_out[p] <= seen[p];
    end
  end

endmodule
