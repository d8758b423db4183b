// Writes the bias of its channel into every accumulator: all ports of all banks in every cycle.
module clear_state #(
    parameter int BANKS = 8,
    parameter int WORD_BITS = 64,
    parameter int PORTS = 2,
    parameter int ROWS = 4096,
    parameter int ACCUMULATOR_BITS = 32,
    parameter int CHANNELS = 128,
    localparam int RowBits = $clog2(ROWS)
) (
    input  logic        clk,
    input  logic        rst_n,
    input  logic [15:0] channels,
    input  logic [31:0] words,
    input  logic signed [31:0] bias[CHANNELS],
    input  logic        wanted,
    output logic        last,
    output logic [BANKS-1:0][PORTS-1:0]                write,
    output logic [BANKS-1:0][PORTS-1:0][RowBits-1:0]   row,
    output logic [BANKS-1:0][PORTS-1:0][WORD_BITS-1:0] data
);

  localparam int Sums = WORD_BITS / ACCUMULATOR_BITS;
  localparam int ChannelBits = $clog2(CHANNELS);

  logic [31:0] word;      // first of the cycle
  logic [15:0] channel;   // of its first accumulator
  logic [15:0] next_channel;
  assign last = wanted && word + BANKS * PORTS >= words;

  always_comb begin
    next_channel = channel;
    write = '0;
    row = '0;
    data = '0;
    for (int p = 0; p < PORTS; p++)
      for (int b = 0; b < BANKS; b++) begin
        write[b][p] = wanted && word + p * BANKS + b < words;
        row[b][p] = RowBits'(word / BANKS + p);
        for (int i = 0; i < Sums; i++) begin
          data[b][p][ACCUMULATOR_BITS*i+:ACCUMULATOR_BITS] =
              ACCUMULATOR_BITS'(bias[ChannelBits'(next_channel)]);
          next_channel = next_channel + 1'b1 == channels ? '0 : next_channel + 1'b1;
        end
      end
  end

  always_ff @(posedge clk) begin
    if (!rst_n || last) begin
      word <= '0;
      channel <= '0;
    end else if (wanted) begin
      word <= word + BANKS * PORTS;
      channel <= next_channel;
    end
  end

endmodule
