// Mesh of routers, XY routes: along the row first, then along the column. A link to every core, one north of the first
// row (the input port's), one south of the last (the output port's). Links carry a flit a cycle; credits flow back.
// Endpoints: cores row-major, input port, output port. Parameters as in router.sv.
module mesh #(
    parameter int FLIT_BITS = 32,
    parameter int LENGTH_BITS = 2,
    parameter int LENGTH_AT = 6,
    parameter int ENDPOINTS_AT = 0,
    parameter int CORE_FIFOS = 0,
    parameter int COLUMNS = 2,
    parameter int ROWS = 2,
    parameter int INPUT_COLUMN = 0,
    parameter int OUTPUT_COLUMN = 0,
    parameter int QUEUE_FLITS = 4,        // router inputs
    parameter int LOCAL_QUEUE_FLITS = 4,  // router inputs from cores
    parameter int ENDPOINT_FLITS = 4,     // room at every endpoint
    localparam int Cores = COLUMNS * ROWS,
    localparam int Endpoints = Cores + 2
) (
    input  logic                                  clk,
    input  logic                                  rst_n,
    input  logic [Endpoints-1:0]                  in_valid,
    input  logic [FLIT_BITS-1:0]                  in_flit[Endpoints],
    output logic [Endpoints-1:0][LENGTH_BITS-1:0] in_credit,
    output logic [Endpoints-1:0]                  out_valid,
    output logic [FLIT_BITS-1:0]                  out_flit[Endpoints],
    input  logic [Endpoints-1:0][LENGTH_BITS-1:0] out_credit,
    // With CORE_FIFOS, instead of the cores' links.
    input  logic [Cores-1:0]                      core_valid,
    input  logic [FLIT_BITS-1:0]                  core_flit[Cores],
    output logic [Cores-1:0]                      core_taken,
    input  logic [Cores-1:0]                      core_ready
);
  localparam int North = 0, East = 1, South = 2, West = 3, Local = 4;

  function automatic logic [4:0][Endpoints-1:0] reach(input int router);
    for (int e = 0; e < Endpoints; e++) begin
      int column, row, way;
      column = e < Cores ? e % COLUMNS : e == Cores ? INPUT_COLUMN : OUTPUT_COLUMN;
      row = e < Cores ? e / COLUMNS : e == Cores ? -1 : ROWS;
      if (column != router % COLUMNS) way = column > router % COLUMNS ? East : West;
      else if (row != router / COLUMNS) way = row > router / COLUMNS ? South : North;
      else way = Local;
      for (int port = 0; port < 5; port++) reach[port][e] = way == port;
    end
  endfunction

  logic [Cores-1:0][4:0] from_valid, to_valid;  // from, to a router
  logic [FLIT_BITS-1:0] from_flit[Cores][5], to_flit[Cores][5];
  logic [Cores-1:0][4:0][LENGTH_BITS-1:0] from_credit, to_credit;  // room that a router is given, gives back

  for (genvar r = 0; r < Cores; r++) begin : gen_router
    localparam int Column = r % COLUMNS;
    localparam int Row = r / COLUMNS;
    localparam bit IsInput = Row == 0 && Column == INPUT_COLUMN;
    localparam bit IsOutput = Row == ROWS - 1 && Column == OUTPUT_COLUMN;
    localparam logic [4:0][Endpoints-1:0] Reach = reach(r);
    localparam bit [15:0] Link = 16'(QUEUE_FLITS);
    localparam bit [15:0] Endpoint = 16'(ENDPOINT_FLITS);

    router #(
        .FLIT_BITS(FLIT_BITS),
        .LENGTH_BITS(LENGTH_BITS),
        .LENGTH_AT(LENGTH_AT),
        .ENDPOINTS_AT(ENDPOINTS_AT),
        .CORE_FIFOS(CORE_FIFOS),
        .ENDPOINTS(Endpoints),
        .QUEUE_FLITS(QUEUE_FLITS),
        .LOCAL_QUEUE_FLITS(LOCAL_QUEUE_FLITS),
        .ROOM({Endpoint, Link, IsOutput ? Endpoint : Link, Link, IsInput ? Endpoint : Link})
    ) router (
        .clk,
        .rst_n,
        .reach(Reach),
        .in_valid(to_valid[r]),
        .in_flit(to_flit[r]),
        .in_credit(to_credit[r]),
        .out_valid(from_valid[r]),
        .out_flit(from_flit[r]),
        .out_credit(from_credit[r]),
        .core_valid(core_valid[r]),
        .core_flit(core_flit[r]),
        .core_taken(core_taken[r]),
        .core_ready(core_ready[r])
    );

    assign to_valid[r][Local] = in_valid[r];
    assign to_flit[r][Local] = in_flit[r];
    assign in_credit[r] = to_credit[r][Local];
    assign out_valid[r] = from_valid[r][Local];
    assign out_flit[r] = from_flit[r][Local];
    assign from_credit[r][Local] = out_credit[r];

    // Each link, by the router that it enters. North and south of the mesh are the two ports, elsewhere is nothing.
    if (Row > 0) begin : gen_north
      assign to_valid[r][North] = from_valid[r-COLUMNS][South];
      assign to_flit[r][North] = from_flit[r-COLUMNS][South];
      assign from_credit[r][North] = to_credit[r-COLUMNS][South];
    end else if (IsInput) begin : gen_input
      assign to_valid[r][North] = in_valid[Cores];
      assign to_flit[r][North] = in_flit[Cores];
      assign in_credit[Cores] = to_credit[r][North];
      assign out_valid[Cores] = from_valid[r][North];
      assign out_flit[Cores] = from_flit[r][North];
      assign from_credit[r][North] = out_credit[Cores];
    end else begin : gen_no_north
      assign to_valid[r][North] = 1'b0;
      assign to_flit[r][North] = '0;
      assign from_credit[r][North] = '0;
    end
    if (Row + 1 < ROWS) begin : gen_south
      assign to_valid[r][South] = from_valid[r+COLUMNS][North];
      assign to_flit[r][South] = from_flit[r+COLUMNS][North];
      assign from_credit[r][South] = to_credit[r+COLUMNS][North];
    end else if (IsOutput) begin : gen_output
      assign to_valid[r][South] = in_valid[Cores+1];
      assign to_flit[r][South] = in_flit[Cores+1];
      assign in_credit[Cores+1] = to_credit[r][South];
      assign out_valid[Cores+1] = from_valid[r][South];
      assign out_flit[Cores+1] = from_flit[r][South];
      assign from_credit[r][South] = out_credit[Cores+1];
    end else begin : gen_no_south
      assign to_valid[r][South] = 1'b0;
      assign to_flit[r][South] = '0;
      assign from_credit[r][South] = '0;
    end
    if (Column > 0) begin : gen_west
      assign to_valid[r][West] = from_valid[r-1][East];
      assign to_flit[r][West] = from_flit[r-1][East];
      assign from_credit[r][West] = to_credit[r-1][East];
    end else begin : gen_no_west
      assign to_valid[r][West] = 1'b0;
      assign to_flit[r][West] = '0;
      assign from_credit[r][West] = '0;
    end
    if (Column + 1 < COLUMNS) begin : gen_east
      assign to_valid[r][East] = from_valid[r+1][West];
      assign to_flit[r][East] = from_flit[r+1][West];
      assign from_credit[r][East] = to_credit[r+1][West];
    end else begin : gen_no_east
      assign to_valid[r][East] = 1'b0;
      assign to_flit[r][East] = '0;
      assign from_credit[r][East] = '0;
    end
  end
endmodule
