// Five-port router: routes by destination masks, multicast, credits, links held for whole packets.
//
// A packet is a header flit and `length - 1` flits that follow without gaps. The header names the length (LENGTH_AT;
// -1: every packet is one flit) and has a bit for each endpoint that shall get it (ENDPOINTS_AT). Each copy takes along
// only those that its port leads to; which these are is tied off outside, so all routers of a chip are the same block.
//
// Timing: one cycle a hop. Route, arbitration and crossbar stand between the flip-flops of an input queue and those of
// the next one; credits are counted in flip-flops. A packet granted in cycle c can be granted by the next router in
// c + 1. Each output grants by itself, round robin, when there is room for the packet the arbiter has chosen: a short
// packet does not slip past a long one that waits for room. The room that a packet held goes back when its last copy
// starts. With CORE_FIFOS the core's output FIFO is the local input queue and its input FIFO says whether there is
// room; packets are one flit.
module router #(
    parameter int FLIT_BITS = 32,
    parameter int LENGTH_BITS = 2,
    parameter int LENGTH_AT = 6,
    parameter int ENDPOINTS_AT = 0,
    parameter int CORE_FIFOS = 0,
    parameter int ENDPOINTS = 6,
    parameter int QUEUE_FLITS = 4,                   // of each input from a neighbour
    parameter int LOCAL_QUEUE_FLITS = 4,             // of the input from the core
    parameter logic [4:0][15:0] ROOM = {5{16'd4}}    // flits that each output may send ahead
) (
    input  logic                      clk,
    input  logic                      rst_n,
    input  logic [4:0][ENDPOINTS-1:0] reach,      // endpoints that each port leads to; constant
    input  logic [4:0]                in_valid,   // north, east, south, west, local
    input  logic [FLIT_BITS-1:0]      in_flit[5],
    output logic [4:0][LENGTH_BITS-1:0] in_credit,  // flits of room given back in this cycle
    output logic [4:0]                out_valid,
    output logic [FLIT_BITS-1:0]      out_flit[5],
    input  logic [4:0][LENGTH_BITS-1:0] out_credit,
    // with CORE_FIFOS, instead of the local link: head of the core's output FIFO, room in its input FIFO
    input  logic                      core_valid,
    input  logic [FLIT_BITS-1:0]      core_flit,
    output logic                      core_taken,
    input  logic                      core_ready
);
  localparam int Ports = 5;
  localparam int Local = 4;
  typedef logic [ENDPOINTS-1:0] endpoints_t;
  typedef logic [LENGTH_BITS-1:0] length_t;

  logic [Ports-1:0] head_valid, leave;
  logic [FLIT_BITS-1:0] head_flit[Ports];
  endpoints_t [Ports-1:0] head_endpoints;
  length_t [Ports-1:0] head_length;
  logic [Ports-1:0][Ports-1:0] sent, wanted, take, follow;       // [input][output]
  logic [FLIT_BITS-1:0] follow_flit[Ports][Ports];               // [input][output]
  logic [Ports-1:0][Ports-1:0] winner;                           // [output][input], one-hot
  logic [Ports-1:0] grant;

  for (genvar i = 0; i < Ports; i++) begin : gen_input
    if (CORE_FIFOS != 0 && i == Local) begin : gen_core_fifo
      logic [Ports-1:0] begun;
      always_ff @(posedge clk) begun <= !rst_n || leave[i] ? '0 : begun | take[i];
      assign sent[i] = begun;
      assign head_valid[i] = core_valid;
      assign head_flit[i] = core_flit;
      assign follow_flit[i] = '{default: '0};
      assign core_taken = leave[i];
      logic unused;
      assign unused = &{1'b0, follow[i], in_valid[i], in_flit[i]};
    end else begin : gen_queue
      router_queue #(
          .FLIT_BITS(FLIT_BITS),
          .LENGTH_BITS(LENGTH_BITS),
          .OUTPUTS(Ports),
          .DEPTH(i == Local ? LOCAL_QUEUE_FLITS : QUEUE_FLITS)
      ) queue (
          .clk,
          .rst_n,
          .write(in_valid[i]),
          .write_flit(in_flit[i]),
          .head_valid(head_valid[i]),
          .head_flit(head_flit[i]),
          .sent(sent[i]),
          .head_length(head_length[i]),
          .take(take[i]),
          .leave(leave[i]),
          .follow(follow[i]),
          .follow_flit(follow_flit[i])
      );
    end
    assign head_endpoints[i] = head_flit[i][ENDPOINTS_AT+:ENDPOINTS];
    assign head_length[i] = LENGTH_AT < 0 ? length_t'(1) : head_flit[i][LENGTH_AT+:LENGTH_BITS];
    assign leave[i] = head_valid[i] && (wanted[i] & ~take[i]) == '0;
    assign in_credit[i] = leave[i] ? head_length[i] : '0;
  end

  if (CORE_FIFOS == 0) begin : gen_local_link
    logic unused;
    assign unused = &{1'b0, core_valid, core_flit, core_ready};
    assign core_taken = 1'b0;
  end

  for (genvar o = 0; o < Ports; o++) begin : gen_output
    localparam int CreditBits = $clog2(int'(ROOM[o]) + 1) + 1;
    localparam int CompareBits = CreditBits > LENGTH_BITS ? CreditBits : LENGTH_BITS;

    logic [Ports-1:0] request, owner;
    length_t length, left;  // of the packet chosen; flits still to send of the packet under way
    logic [CompareBits-1:0] credits;
    logic [FLIT_BITS-1:0] flit;
    logic busy, room;

    round_robin #(
        .REQUESTERS(Ports)
    ) arbiter (
        .clk,
        .rst_n,
        .request,
        .served(grant[o]),
        .winner(winner[o])
    );

    for (genvar i = 0; i < Ports; i++) begin : gen_cross
      assign wanted[i][o] = |(head_endpoints[i] & reach[o]) && !sent[i][o];
      assign request[i] = head_valid[i] && wanted[i][o];
      assign take[i][o] = grant[o] && winner[o][i];
      assign follow[i][o] = busy && owner[i];
    end

    assign busy = left != '0;
    assign room = CORE_FIFOS != 0 && o == Local ? core_ready : credits >= CompareBits'(length);
    assign grant[o] = !busy && request != '0 && room;
    assign out_valid[o] = busy || grant[o];
    always_comb begin
      length = '0;
      flit = '0;
      for (int i = 0; i < Ports; i++) begin
        if (winner[o][i]) length |= head_length[i];
        if (busy ? owner[i] : winner[o][i]) flit |= busy ? follow_flit[i][o] : head_flit[i];
      end
      out_flit[o] = flit;
      if (!busy) out_flit[o][ENDPOINTS_AT+:ENDPOINTS] = flit[ENDPOINTS_AT+:ENDPOINTS] & reach[o];
    end

    always_ff @(posedge clk) begin
      if (!rst_n) begin
        left <= '0;
        credits <= CompareBits'(ROOM[o]);
      end else begin
        if (grant[o]) left <= length - 1'b1;
        else if (busy) left <= left - 1'b1;
        credits <= credits - (grant[o] ? CompareBits'(length) : '0) + CompareBits'(out_credit[o]);
      end
      if (grant[o]) owner <= winner[o];
    end
  end
endmodule
