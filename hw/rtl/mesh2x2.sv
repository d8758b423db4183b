// Four cores on a mesh of 2 x 2 routers: each core's FIFOs are its router's local queues.
//
// Ports: the input port is north of router 0, the output port south of router 2; both are links with credits (`ready_*`
// is the way back to the input port). The load port is shared: `load_en` selects the core.
// Destination masks: cores 0 .. 3, 4 the input port, 5 the output port.
module mesh2x2
  import types_pkg::*;
#(
    parameter int LANES = 16,
    parameter int INPUT_FIFO_FLITS = 16,
    parameter int OUTPUT_FIFO_FLITS = 16,
    parameter int ROUTER_QUEUE_FLITS = 4,
    parameter int NEURONS = 2048,
    parameter int CHANNELS = 32,
    parameter int WEIGHT_ROWS = 1024,
    parameter int STATE_ROWS = 1024,
    localparam int Cores = 4,
    localparam int Endpoints = Cores + 2,
    localparam int FlitBits = $bits(flit_t)
) (
    input  logic             clk,
    input  logic             rst_n,
    // load port
    input  logic [Cores-1:0] load_en,
    input  load_e            load_what,
    input  logic [31:0]      load_address,
    input  logic [31:0]      load_data,
    // from the input port, room for INPUT_FIFO_FLITS at the other end; ready tokens back to it
    input  logic             in_valid,
    input  flit_t            in_flit,
    output logic             in_credit,
    output logic             ready_valid,
    output flit_t            ready_flit,
    input  logic             ready_credit,
    // to the output port
    output logic             out_valid,
    output flit_t            out_flit,
    input  logic             out_credit,
    output logic             idle   // no core has work
);

  logic [Endpoints-1:0] mesh_in_valid, mesh_out_valid, mesh_in_credit, mesh_out_credit;
  logic [FlitBits-1:0] mesh_in_flit[Endpoints], mesh_out_flit[Endpoints];
  logic [Cores-1:0] core_valid, core_taken, core_ready, core_idle;
  flit_t core_flit[Cores];
  logic [FlitBits-1:0] core_bits[Cores];

  mesh #(
      .FLIT_BITS(FlitBits), .LENGTH_BITS(1), .LENGTH_AT(-1), .ENDPOINTS_AT(64), .CORE_FIFOS(1),
      .QUEUE_FLITS(ROUTER_QUEUE_FLITS), .ENDPOINT_FLITS(INPUT_FIFO_FLITS)
  ) mesh (
      .clk, .rst_n, .in_valid(mesh_in_valid), .in_flit(mesh_in_flit), .in_credit(mesh_in_credit),
      .out_valid(mesh_out_valid), .out_flit(mesh_out_flit), .out_credit(mesh_out_credit), .core_valid,
      .core_flit(core_bits), .core_taken, .core_ready);

  for (genvar i = 0; i < Cores; i++) begin : gen_core
    assign core_bits[i] = core_flit[i];
    assign mesh_in_valid[i] = 1'b0;
    assign mesh_in_flit[i] = '0;
    assign mesh_out_credit[i] = 1'b0;
    core #(
        .LANES(LANES), .NEURONS(NEURONS), .CHANNELS(CHANNELS), .WEIGHT_ROWS(WEIGHT_ROWS), .STATE_ROWS(STATE_ROWS),
        .INPUT_FIFO_FLITS(INPUT_FIFO_FLITS), .OUTPUT_FIFO_FLITS(OUTPUT_FIFO_FLITS)
    ) core (
        .clk, .rst_n, .load_en(load_en[i]), .load_what, .load_address, .load_data, .in_valid(mesh_out_valid[i]),
        .in_ready(core_ready[i]), .in_flit(flit_t'(mesh_out_flit[i])), .out_valid(core_valid[i]),
        .out_ready(core_taken[i]), .out_flit(core_flit[i]), .idle(core_idle[i]));
  end

  assign mesh_in_valid[Cores] = in_valid;
  assign mesh_in_flit[Cores] = in_flit;
  assign in_credit = mesh_in_credit[Cores];
  assign ready_valid = mesh_out_valid[Cores];
  assign ready_flit = flit_t'(mesh_out_flit[Cores]);
  assign mesh_out_credit[Cores] = ready_credit;

  assign mesh_in_valid[Cores+1] = 1'b0;
  assign mesh_in_flit[Cores+1] = '0;
  assign out_valid = mesh_out_valid[Cores+1];
  assign out_flit = flit_t'(mesh_out_flit[Cores+1]);
  assign mesh_out_credit[Cores+1] = out_credit;

  assign idle = &core_idle;

  logic unused;
  assign unused = &{1'b0, mesh_in_credit};

endmodule
