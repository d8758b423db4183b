// Round-robin arbiter: the requester after the one that was served last goes first.
//
// Timing: `winner` (one-hot, 0 without requests) is combinational; the turn moves only when `served` says so, so a
// winner that cannot go yet keeps its turn against all that come after it.
module round_robin #(
    parameter int REQUESTERS = 5
) (
    input  logic                  clk,
    input  logic                  rst_n,
    input  logic [REQUESTERS-1:0] request,
    input  logic                  served,
    output logic [REQUESTERS-1:0] winner
);
  logic [REQUESTERS-1:0] after_last;  // 1: index above the one served last
  logic [REQUESTERS-1:0] first;

  assign first  = |(request & after_last) ? request & after_last : request;
  assign winner = first & (~first + 1'b1);

  always_ff @(posedge clk) begin
    if (!rst_n) after_last <= ~REQUESTERS'(1);
    else if (served) after_last <= ~(winner | (winner - 1'b1));
  end
endmodule
