// Requests of all lanes to one memory, a word each: in a cycle every bank grants up to GRANTS different words, of the
// lowest lanes first; lanes that want the same word share a grant.
module bank_arbiter #(
    parameter int LANES = 16,
    parameter int BANKS = 4,
    parameter int GRANTS = 1,
    parameter int ROW_BITS = 10,
    localparam int BankBits = BANKS > 1 ? $clog2(BANKS) : 1
) (
    input  logic [LANES-1:0]                             request,
    input  logic [LANES-1:0][BankBits-1:0]               bank,
    input  logic [LANES-1:0][ROW_BITS-1:0]               row,
    input  logic [BANKS-1:0]                             closed,       // banks that grant nothing now
    output logic [LANES-1:0]                             granted,
    output logic [BANKS-1:0][GRANTS-1:0]                 grant,
    output logic [BANKS-1:0][GRANTS-1:0][ROW_BITS-1:0]   grant_row,
    output logic [BANKS-1:0][GRANTS-1:0][LANES-1:0]      grant_lanes
);

  always_comb begin
    granted = '0;
    grant = '0;
    grant_row = '0;
    grant_lanes = '0;
    for (int l = 0; l < LANES; l++) begin
      for (int b = 0; b < BANKS; b++) begin
        if (request[l] && bank[l] == BankBits'(b) && !closed[b]) begin
          for (int g = 0; g < GRANTS; g++) begin
            if (!granted[l] && (!grant[b][g] || grant_row[b][g] == row[l])) begin
              granted[l] = 1'b1;
              grant[b][g] = 1'b1;
              grant_row[b][g] = row[l];
              grant_lanes[b][g][l] = 1'b1;
            end
          end
        end
      end
    end
  end

endmodule
