// A core: input FIFO, one datapath that integrates events and evaluates its slice, output FIFO.
//
// Ports. Flits pass where valid and ready are both high at the rising edge. `in_ready` and `out_valid` come from
// registers: a flit taken in a cycle is seen by the other side in the next one, so room that is freed in a cycle can
// be used in the next (a FIFO of depth D is a credit loop with D credits and one cycle of return). The load port writes
// registers, weights, biases and multipliers; it is used after reset and before the first flit.
// Frames. Flits of frame t + 1 are sent to a core after its ready token of frame t. The first frame is a key frame.
// Limits: one slice of one convolution layer; accumulators and references do not straddle words of the state memory;
// groups of the delta unit do not straddle words of flags.
module core
  import types_pkg::*;
#(
    parameter int LANES = 16,
    parameter int WEIGHT_BANKS = 2,
    parameter int WEIGHT_WORD_BITS = 64,
    parameter int WEIGHT_PORTS = 1,
    parameter int WEIGHT_ROWS = 4096,      // words of a bank
    parameter int STATE_BANKS = 8,
    parameter int STATE_WORD_BITS = 64,
    parameter int STATE_PORTS = 2,         // accesses of a bank in a cycle, each read or write
    parameter int STATE_ROWS = 4096,
    parameter int ACCUMULATOR_BITS = 32,
    parameter int REFERENCE_BITS = 16,
    parameter int EVALUATE_LANES = 4,
    parameter int FLAG_WORD_BITS = 64,
    parameter int NEURONS = 4096,          // touched flags
    parameter int CHANNELS = 128,          // biases and multipliers
    parameter int LEAD_MAX = 8,            // most cycles that weights are read ahead of state
    parameter int INPUT_FIFO_FLITS = 64,
    parameter int OUTPUT_FIFO_FLITS = 64
) (
    input  logic        clk,
    input  logic        rst_n,
    // load port
    input  logic        load_en,
    input  load_e       load_what,
    input  logic [31:0] load_address,
    input  logic [31:0] load_data,
    // input FIFO
    input  logic        in_valid,
    output logic        in_ready,
    input  flit_t       in_flit,
    // output FIFO
    output logic        out_valid,
    input  logic        out_ready,
    output flit_t       out_flit,
    // nothing in the FIFOs, nothing under way
    output logic        idle
);

  localparam int RowBits = $clog2(STATE_ROWS);
  localparam int ChannelBits = $clog2(CHANNELS);

  // ---- load port ----

  config_t c;
  logic signed [31:0] bias[CHANNELS];
  logic [31:0] multiplier[CHANNELS];
  always_ff @(posedge clk) begin
    if (load_en && load_what == LOAD_BIAS) bias[ChannelBits'(load_address)] <= load_data;
    if (load_en && load_what == LOAD_MULTIPLIER) multiplier[ChannelBits'(load_address)] <= load_data;
    if (!rst_n) c <= '0;
    else if (load_en && load_what == LOAD_REGISTER)
      case (reg_e'(load_address[5:0]))
        REG_OUT_Y: c.out_y <= 16'(load_data);
        REG_OUT_X: c.out_x <= 16'(load_data);
        REG_OUT_C: c.out_c <= 16'(load_data);
        REG_FIRST_Y: c.first_y <= 16'(load_data);
        REG_FIRST_X: c.first_x <= 16'(load_data);
        REG_FIRST_C: c.first_c <= 16'(load_data);
        REG_KERNEL_Y: c.kernel_y <= 16'(load_data);
        REG_KERNEL_X: c.kernel_x <= 16'(load_data);
        REG_STRIDE_Y: c.stride_y <= 16'(load_data);
        REG_STRIDE_X: c.stride_x <= 16'(load_data);
        REG_DILATION_Y: c.dilation_y <= 16'(load_data);
        REG_DILATION_X: c.dilation_x <= 16'(load_data);
        REG_PAD_Y: c.pad_y <= 16'(load_data);
        REG_PAD_X: c.pad_x <= 16'(load_data);
        REG_IN_GROUP: c.in_group <= 16'(load_data);
        REG_OUT_GROUP: c.out_group <= 16'(load_data);
        REG_LOW: c.low <= 16'(load_data);
        REG_HIGH: c.high <= 16'(load_data);
        REG_ALL: c.all <= load_data[0];
        REG_RAW: c.raw <= load_data[0];
        REG_WEIGHT_LEAD: c.weight_lead <= 8'(load_data);
        REG_STATE_WORDS: c.state_words <= load_data;
        REG_PRODUCERS: c.producers <= 8'(load_data);
        REG_CONSUMERS: c.consumers <= 8'(load_data);
        REG_SENDER: c.sender <= 8'(load_data);
        REG_EVENT_DEST: c.event_dest <= 13'(load_data);
        REG_END_DEST: c.end_dest <= 13'(load_data);
        REG_READY_DEST: c.ready_dest <= 13'(load_data);
        default: ;
      endcase
  end

  // ---- input ----

  logic head_valid, take;
  flit_t head;
  fifo #(.DEPTH(INPUT_FIFO_FLITS)) input_fifo (
      .clk, .rst_n, .in_valid, .in_ready, .in_flit, .out_valid(head_valid), .out_ready(take), .out_flit(head));

  logic evaluating, clear_wanted, clear_last, token, frame_key, integrate_idle;
  kind_e token_kind;
  logic [7:0] frame;
  logic [LANES-1:0] mark;
  logic [LANES-1:0][31:0] mark_neuron;
  logic [STATE_BANKS-1:0] i_read, i_write;
  logic [STATE_BANKS-1:0][RowBits-1:0] i_read_row, i_write_row;
  logic [STATE_BANKS-1:0][STATE_WORD_BITS-1:0] i_read_data, i_write_mask, i_write_data;
  integrate #(
      .LANES(LANES), .WEIGHT_BANKS(WEIGHT_BANKS), .WEIGHT_WORD_BITS(WEIGHT_WORD_BITS), .WEIGHT_PORTS(WEIGHT_PORTS),
      .WEIGHT_ROWS(WEIGHT_ROWS), .STATE_BANKS(STATE_BANKS), .STATE_WORD_BITS(STATE_WORD_BITS),
      .STATE_PORTS(STATE_PORTS), .STATE_ROWS(STATE_ROWS), .ACCUMULATOR_BITS(ACCUMULATOR_BITS), .LEAD_MAX(LEAD_MAX)
  ) integration (
      .clk, .rst_n, .c, .load_weight(load_en && load_what == LOAD_WEIGHT), .load_address, .load_byte(load_data[7:0]),
      .head_valid, .head, .take, .hold(evaluating), .clear_wanted, .clear_last, .mark, .mark_neuron, .read(i_read),
      .read_row(i_read_row), .read_data(i_read_data), .write(i_write), .write_row(i_write_row),
      .write_mask(i_write_mask), .write_data(i_write_data), .token, .token_kind, .frame_key, .frame,
      .idle(integrate_idle));

  logic [STATE_BANKS-1:0][STATE_PORTS-1:0] c_write;
  logic [STATE_BANKS-1:0][STATE_PORTS-1:0][RowBits-1:0] c_row;
  logic [STATE_BANKS-1:0][STATE_PORTS-1:0][STATE_WORD_BITS-1:0] c_data;
  clear_state #(
      .BANKS(STATE_BANKS), .WORD_BITS(STATE_WORD_BITS), .PORTS(STATE_PORTS), .ROWS(STATE_ROWS),
      .ACCUMULATOR_BITS(ACCUMULATOR_BITS), .CHANNELS(CHANNELS)
  ) clear (
      .clk, .rst_n, .channels(c.out_c), .words(c.state_words), .bias, .wanted(clear_wanted), .last(clear_last),
      .write(c_write), .row(c_row), .data(c_data));

  // ---- frames ----

  // Tokens that have come and are not used up: the slice is evaluated when all producers have closed the frame and all
  // consumers can take the next.
  typedef enum logic [1:0] {WAIT, GROUPS, SEND_END, SEND_READY} stage_e;
  stage_e stage;
  logic [7:0] ends, readies;
  logic start, done, room, primed;
  logic [7:0] readies_needed;  // none for the first frame
  assign readies_needed = primed ? c.consumers : '0;
  assign start = stage == WAIT && c.producers != '0 && ends >= c.producers && readies >= readies_needed;
  assign evaluating = stage != WAIT || start;
  always_ff @(posedge clk) begin
    if (!rst_n) begin
      stage <= WAIT;
      ends <= '0;
      readies <= '0;
      primed <= 1'b0;
    end else begin
      ends <= ends + 8'(token && token_kind == END_OF_FRAME) - (start ? c.producers : '0);
      readies <= readies + 8'(token && token_kind == READY) - (start ? readies_needed : '0);
      if (start) primed <= 1'b1;
      case (stage)
        WAIT: if (start) stage <= GROUPS;
        GROUPS: if (done) stage <= c.end_dest != '0 ? SEND_END : SEND_READY;
        SEND_END: if (room) stage <= SEND_READY;
        SEND_READY: if (room) stage <= WAIT;
      endcase
    end
  end

  // ---- evaluation ----

  logic send;
  logic [11:0] channel;
  logic [9:0] y, x;
  logic signed [31:0] value;
  logic [STATE_BANKS-1:0][STATE_PORTS-1:0] d_enable, d_write;
  logic [STATE_BANKS-1:0][STATE_PORTS-1:0][RowBits-1:0] d_row;
  logic [STATE_BANKS-1:0][STATE_PORTS-1:0][STATE_WORD_BITS-1:0] d_mask, d_data, state_data;
  delta_unit #(
      .LANES(LANES), .BANKS(STATE_BANKS), .WORD_BITS(STATE_WORD_BITS), .PORTS(STATE_PORTS), .ROWS(STATE_ROWS),
      .ACCUMULATOR_BITS(ACCUMULATOR_BITS), .REFERENCE_BITS(REFERENCE_BITS), .GROUP(EVALUATE_LANES),
      .FLAG_WORD_BITS(FLAG_WORD_BITS), .NEURONS(NEURONS), .CHANNELS(CHANNELS)
  ) delta (
      .clk, .rst_n, .c, .multiplier, .mark, .mark_neuron, .start, .key(frame_key), .done, .send, .channel, .y, .x,
      .value, .room, .enable(d_enable), .write(d_write), .row(d_row), .mask(d_mask), .data_out(d_data),
      .data_in(state_data));

  // ---- output ----

  flit_t sent;
  logic out_push;
  always_comb begin
    sent = '0;
    sent.key = frame_key;
    sent.frame = frame;
    sent.sender = c.sender;
    out_push = 1'b0;
    case (stage)
      GROUPS: begin
        out_push = send;
        sent.kind = c.raw ? SUM : EVENT;
        sent.dest = c.event_dest;
        sent.channel = channel;
        sent.y = y;
        sent.x = x;
        sent.value = value;
      end
      SEND_END: begin
        out_push = 1'b1;
        sent.kind = END_OF_FRAME;
        sent.dest = c.end_dest;
      end
      SEND_READY: begin
        out_push = 1'b1;
        sent.kind = READY;
        sent.dest = c.ready_dest;
      end
      default: ;
    endcase
  end
  fifo #(.DEPTH(OUTPUT_FIFO_FLITS)) output_fifo (
      .clk, .rst_n, .in_valid(out_push), .in_ready(room), .in_flit(sent), .out_valid, .out_ready, .out_flit);

  // ---- state memory ----

  // Clearing, integration and evaluation never have it at the same time.
  for (genvar b = 0; b < STATE_BANKS; b++) begin : state
    logic [STATE_PORTS-1:0] enable, write;
    logic [STATE_PORTS-1:0][RowBits-1:0] row;
    logic [STATE_PORTS-1:0][STATE_WORD_BITS-1:0] mask, data;
    always_comb begin
      enable = d_enable[b] | c_write[b];
      write = d_write[b] | c_write[b];
      row = clear_wanted ? c_row[b] : d_row[b];
      mask = clear_wanted ? '1 : d_mask[b];
      data = clear_wanted ? c_data[b] : d_data[b];
      if (i_read[b]) begin
        enable[0] = 1'b1;
        row[0] = i_read_row[b];
      end
      if (i_write[b]) begin
        enable[STATE_PORTS-1] = 1'b1;
        write[STATE_PORTS-1] = 1'b1;
        row[STATE_PORTS-1] = i_write_row[b];
        mask[STATE_PORTS-1] = i_write_mask[b];
        data[STATE_PORTS-1] = i_write_data[b];
      end
    end
    sram #(.WORD_BITS(STATE_WORD_BITS), .ROWS(STATE_ROWS), .PORTS(STATE_PORTS)) bank (
        .clk, .enable, .write, .row, .mask, .data_in(data), .data_out(state_data[b]));
    assign i_read_data[b] = state_data[b][0];
  end

  assign idle = !head_valid && integrate_idle && !evaluating && !out_valid;

endmodule
