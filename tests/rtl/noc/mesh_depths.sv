// Meshes of routers side by side that differ in the depth of their queues, so that one verilated model has them all.
module mesh_depths #(
    localparam int Depths = 5,
    localparam int Queue[Depths] = '{1, 2, 3, 4, 8},
    localparam int Endpoints = 6,
    localparam int FlitBits = 32,
    localparam int LengthBits = 2
) (
    input  logic                  clk,
    input  logic                  rst_n,
    input  logic                  in_valid[Depths][Endpoints],
    input  logic [  FlitBits-1:0] in_flit[Depths][Endpoints],
    output logic [LengthBits-1:0] in_credit[Depths][Endpoints],
    output logic                  out_valid[Depths][Endpoints],
    output logic [  FlitBits-1:0] out_flit[Depths][Endpoints],
    input  logic [LengthBits-1:0] out_credit[Depths][Endpoints]
);
  for (genvar d = 0; d < Depths; d++) begin : gen_depth
    logic [Endpoints-1:0] valid_in, valid_out;
    logic [Endpoints-1:0][LengthBits-1:0] credit_in, credit_out;
    for (genvar e = 0; e < Endpoints; e++) begin : gen_endpoint
      assign valid_in[e] = in_valid[d][e];
      assign in_credit[d][e] = credit_in[e];
      assign out_valid[d][e] = valid_out[e];
      assign credit_out[e] = out_credit[d][e];
    end
    logic [3:0] taken;
    logic unused;
    assign unused = &{1'b0, taken};
    mesh #(
        .FLIT_BITS(FlitBits),
        .LENGTH_BITS(LengthBits),
        .LENGTH_AT(Endpoints),
        .QUEUE_FLITS(Queue[d]),
        .LOCAL_QUEUE_FLITS(Queue[d]),
        .ENDPOINT_FLITS(Queue[d])
    ) mesh (
        .clk,
        .rst_n,
        .in_valid(valid_in),
        .in_flit(in_flit[d]),
        .in_credit(credit_in),
        .out_valid(valid_out),
        .out_flit(out_flit[d]),
        .out_credit(credit_out),
        .core_valid('0),
        .core_flit('{default: '0}),
        .core_taken(taken),
        .core_ready('0)
    );
  end
endmodule
