// Integrates events into the accumulators.
//
// Pipeline: decode | addresses of a step, bank arbitration, read of weights | products | .. | read of state | addition,
// write of state. A step is up to LANES pairs of kernel tap and output channel, in the order ky, kx, channel; it stays at
// its place until every word of both memories has been granted. State is read `weight_lead` cycles after it was granted,
// when the step's weights have come and are multiplied. With one port a bank reads and writes a state word in two cycles
// in a row, with two ports it reads one and writes the one before.
// Tokens travel through the same pipeline, so what they announce is written when they come out.
// Hazards: steps of one event never meet in an accumulator; an event that reads what the one before writes in the same
// cycle gets it from the bank.
module integrate
  import types_pkg::*;
#(
    parameter int LANES = 16,
    parameter int WEIGHT_BANKS = 2,
    parameter int WEIGHT_WORD_BITS = 64,
    parameter int WEIGHT_PORTS = 1,
    parameter int WEIGHT_ROWS = 4096,
    parameter int STATE_BANKS = 8,
    parameter int STATE_WORD_BITS = 64,
    parameter int STATE_PORTS = 2,
    parameter int STATE_ROWS = 4096,
    parameter int ACCUMULATOR_BITS = 32,
    parameter int LEAD_MAX = 8,
    localparam int RowBits = $clog2(STATE_ROWS)
) (
    input  logic    clk,
    input  logic    rst_n,
    /* verilator lint_off UNUSEDSIGNAL */  // evaluation and routing have their own fields
    input  config_t c,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic    load_weight,
    input  logic [31:0] load_address,
    input  logic [7:0]  load_byte,
    // head of the input FIFO
    input  logic    head_valid,
    /* verilator lint_off UNUSEDSIGNAL */
    input  flit_t   head,
    /* verilator lint_on UNUSEDSIGNAL */
    output logic    take,
    input  logic    hold,          // an evaluation has the datapath: events wait
    // a packet of a key frame waits until the state is cleared
    output logic    clear_wanted,
    input  logic    clear_last,
    // neurons that are reached
    output logic [LANES-1:0]       mark,
    output logic [LANES-1:0][31:0] mark_neuron,
    // state memory
    output logic [STATE_BANKS-1:0]                      read,
    output logic [STATE_BANKS-1:0][RowBits-1:0]         read_row,
    input  logic [STATE_BANKS-1:0][STATE_WORD_BITS-1:0] read_data,
    output logic [STATE_BANKS-1:0]                      write,
    output logic [STATE_BANKS-1:0][RowBits-1:0]         write_row,
    output logic [STATE_BANKS-1:0][STATE_WORD_BITS-1:0] write_mask,
    output logic [STATE_BANKS-1:0][STATE_WORD_BITS-1:0] write_data,
    // a token has passed everything
    output logic       token,
    output kind_e      token_kind,
    output logic       frame_key,    // of the frame that is open
    output logic [7:0] frame,
    output logic       idle
);

  localparam int WeightBytes = WEIGHT_WORD_BITS / 8;
  localparam int ByteBits = WeightBytes > 1 ? $clog2(WeightBytes) : 1;
  localparam int WeightBankBits = WEIGHT_BANKS > 1 ? $clog2(WEIGHT_BANKS) : 1;
  localparam int WeightRowBits = $clog2(WEIGHT_ROWS);
  localparam int Sums = STATE_WORD_BITS / ACCUMULATOR_BITS;
  localparam int SumBits = Sums > 1 ? $clog2(Sums) : 1;
  localparam int StateBankBits = STATE_BANKS > 1 ? $clog2(STATE_BANKS) : 1;
  localparam int ProductBits = 25;  // int8 x 17 bits: a change of a 16-bit code
  localparam int TagBits = $clog2(LEAD_MAX + 1);

  // ---- decode ----

  typedef struct packed {
    logic [15:0] ky, kx, oy, ox, k;
  } place_t;

  logic reached_y, reached_x, reached_c;
  place_t decoded;
  tap_decoder rows (.at(head.y), .pad(c.pad_y), .stride(c.stride_y), .dilation(c.dilation_y), .kernel(c.kernel_y), .first(c.first_y),
                    .outputs(c.out_y), .reached(reached_y), .tap(decoded.ky), .out(decoded.oy));
  tap_decoder columns (.at(head.x), .pad(c.pad_x), .stride(c.stride_x), .dilation(c.dilation_x), .kernel(c.kernel_x), .first(c.first_x),
                       .outputs(c.out_x), .reached(reached_x), .tap(decoded.kx), .out(decoded.ox));

  logic [15:0] group, in_group_channel, first_channel, end_channel, group_end, slice_end, group_begin;
  always_comb begin
    decoded.k = '0;
    group = 16'(head.channel) / c.in_group;
    in_group_channel = 16'(head.channel) - 16'(group * c.in_group);
    group_begin = 16'(group * c.out_group);
    group_end = group_begin + c.out_group;
    slice_end = c.first_c + c.out_c;
    first_channel = group_begin > c.first_c ? group_begin : c.first_c;
    end_channel = group_end < slice_end ? group_end : slice_end;
    reached_c = first_channel < end_channel;
  end

  logic    d_valid, d_event, d_reaches, d_key;
  kind_e   d_kind;
  logic [7:0]  d_frame;
  logic signed [16:0] d_value;
  place_t  d_at;                     // first of the step
  logic [15:0] d_first_kx, d_first_ox;
  logic [15:0] d_input, d_channel, d_run;

  logic opened;                      // a frame has been opened since reset
  logic new_frame, active, step_last, event_last, done;
  place_t next_at;
  assign d_event = d_kind == EVENT;
  assign new_frame = d_valid && d_kind != READY && (!opened || d_frame != frame);
  assign clear_wanted = new_frame && d_key;
  assign active = d_valid && !clear_wanted && !(d_event && hold);
  assign done = active && (!(d_event && d_reaches) || (step_last && event_last));
  assign take = head_valid && (!d_valid || done);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      d_valid <= 1'b0;
      opened <= 1'b0;
      frame <= '0;
      frame_key <= 1'b0;
    end else begin
      if (new_frame && (!d_key || clear_last)) begin
        opened <= 1'b1;
        frame <= d_frame;
        frame_key <= d_key;
      end
      if (done) d_valid <= 1'b0;
      if (take) d_valid <= 1'b1;
    end
    if (active && step_last) d_at <= next_at;
    if (take) begin
      d_kind <= head.kind;
      d_key <= head.key;
      d_frame <= head.frame;
      d_value <= 17'(head.value);
      d_reaches <= reached_y && reached_x && reached_c;
      d_first_kx <= decoded.kx;
      d_first_ox <= decoded.ox;
      d_at <= decoded;
      d_input <= in_group_channel;
      d_channel <= first_channel - c.first_c;
      d_run <= end_channel - first_channel;
    end
  end

  // ---- addresses of a step ----

  logic [LANES-1:0] lane, weight_done, state_done, weight_granted, state_granted;
  logic [LANES-1:0][31:0] weight_address, neuron;
  always_comb begin
    place_t at;
    logic more;
    at = d_at;
    more = active && d_event && d_reaches;
    for (int l = 0; l < LANES; l++) begin
      lane[l] = more;
      weight_address[l] = ((32'(at.ky) * 32'(c.kernel_x) + 32'(at.kx)) * 32'(c.in_group) + 32'(d_input)) * 32'(c.out_c)
                          + 32'(d_channel) + 32'(at.k);
      neuron[l] = (32'(at.oy) * 32'(c.out_x) + 32'(at.ox)) * 32'(c.out_c) + 32'(d_channel) + 32'(at.k);
      at.k = at.k + 1'b1;
      if (at.k == d_run) begin
        at.k = '0;
        if (at.kx + c.stride_x < c.kernel_x && at.ox >= c.dilation_x) begin
          at.kx = at.kx + c.stride_x;
          at.ox = at.ox - c.dilation_x;
        end else begin
          at.kx = d_first_kx;
          at.ox = d_first_ox;
          if (at.ky + c.stride_y < c.kernel_y && at.oy >= c.dilation_y) begin
            at.ky = at.ky + c.stride_y;
            at.oy = at.oy - c.dilation_y;
          end else more = 1'b0;
        end
      end
    end
    next_at = at;
    event_last = !more;
  end
  assign mark = lane;
  assign mark_neuron = neuron;

  logic [LANES-1:0][WeightBankBits-1:0] weight_bank;
  logic [LANES-1:0][WeightRowBits-1:0]  weight_row;
  logic [LANES-1:0][ByteBits-1:0]       weight_byte;
  logic [LANES-1:0][StateBankBits-1:0]  state_bank;
  logic [LANES-1:0][RowBits-1:0]        state_row;
  logic [LANES-1:0][SumBits-1:0]        state_sum;
  always_comb
    for (int l = 0; l < LANES; l++) begin
      weight_byte[l] = ByteBits'(weight_address[l] % WeightBytes);
      weight_bank[l] = WeightBankBits'((weight_address[l] / WeightBytes) % WEIGHT_BANKS);
      weight_row[l]  = WeightRowBits'((weight_address[l] / WeightBytes) / WEIGHT_BANKS);
      state_sum[l]   = SumBits'(neuron[l] % Sums);
      state_bank[l]  = StateBankBits'((neuron[l] / Sums) % STATE_BANKS);
      state_row[l]   = RowBits'((neuron[l] / Sums) / STATE_BANKS);
    end

  // ---- arbitration ----

  logic [WEIGHT_BANKS-1:0][WEIGHT_PORTS-1:0]                    weight_grant;
  logic [WEIGHT_BANKS-1:0][WEIGHT_PORTS-1:0][WeightRowBits-1:0] weight_grant_row;
  logic [WEIGHT_BANKS-1:0][WEIGHT_PORTS-1:0][LANES-1:0]         weight_grant_lanes;
  bank_arbiter #(.LANES(LANES), .BANKS(WEIGHT_BANKS), .GRANTS(WEIGHT_PORTS), .ROW_BITS(WeightRowBits)) weight_arbiter (
      .request(lane & ~weight_done), .bank(weight_bank), .row(weight_row), .closed('0), .granted(weight_granted),
      .grant(weight_grant), .grant_row(weight_grant_row), .grant_lanes(weight_grant_lanes));

  logic [STATE_BANKS-1:0]                   writing;  // one port: the cycle after a grant belongs to its write
  logic [STATE_BANKS-1:0][0:0]              state_grant;
  logic [STATE_BANKS-1:0][0:0][RowBits-1:0] state_grant_row;
  logic [STATE_BANKS-1:0][0:0][LANES-1:0]   state_grant_lanes;
  bank_arbiter #(.LANES(LANES), .BANKS(STATE_BANKS), .GRANTS(1), .ROW_BITS(RowBits)) state_arbiter (
      .request(lane & ~state_done), .bank(state_bank), .row(state_row), .closed(writing), .granted(state_granted),
      .grant(state_grant), .grant_row(state_grant_row), .grant_lanes(state_grant_lanes));

  assign step_last = (lane & ~(weight_done | weight_granted)) == '0 && (lane & ~(state_done | state_granted)) == '0 &&
                     (STATE_PORTS > 1 || state_grant == '0);
  always_ff @(posedge clk) begin
    if (!rst_n || step_last) begin
      weight_done <= '0;
      state_done  <= '0;
    end else begin
      weight_done <= weight_done | weight_granted;
      state_done  <= state_done | state_granted;
    end
    for (int b = 0; b < STATE_BANKS; b++) writing[b] <= rst_n && STATE_PORTS == 1 && state_grant[b][0];
  end

  // ---- weights and products ----

  logic [WEIGHT_BANKS-1:0][WEIGHT_PORTS-1:0][WEIGHT_WORD_BITS-1:0] weight_word;
  for (genvar b = 0; b < WEIGHT_BANKS; b++) begin : weights
    logic [WEIGHT_PORTS-1:0] enable, write_enable;
    logic [WEIGHT_PORTS-1:0][WeightRowBits-1:0] row;
    logic [WEIGHT_PORTS-1:0][WEIGHT_WORD_BITS-1:0] mask, data;
    logic load;
    assign load = load_weight && (load_address / WeightBytes) % WEIGHT_BANKS == b;
    always_comb begin
      enable = weight_grant[b];
      write_enable = '0;
      row = weight_grant_row[b];
      mask = '0;
      data = '0;
      if (load) begin
        enable[0] = 1'b1;
        write_enable[0] = 1'b1;
        row[0] = WeightRowBits'((load_address / WeightBytes) / WEIGHT_BANKS);
        mask[0][8*(load_address%WeightBytes)+:8] = '1;
        data[0][8*(load_address%WeightBytes)+:8] = load_byte;
      end
    end
    sram #(.WORD_BITS(WEIGHT_WORD_BITS), .ROWS(WEIGHT_ROWS), .PORTS(WEIGHT_PORTS)) bank (
        .clk, .enable, .write(write_enable), .row, .mask, .data_in(data), .data_out(weight_word[b]));
  end

  logic [WEIGHT_BANKS-1:0][WEIGHT_PORTS-1:0][LANES-1:0] p_lanes;
  logic [LANES-1:0][ByteBits-1:0] p_byte;
  logic signed [16:0] p_value;
  logic [TagBits-1:0] tag, p_tag;  // steps under way, so that products wait for their state
  logic signed [ProductBits-1:0] products[2**TagBits][LANES];
  always_ff @(posedge clk) begin
    if (!rst_n) tag <= '0;
    else if (active && step_last) tag <= tag + 1'b1;
    p_lanes <= rst_n ? weight_grant_lanes : '0;
    p_byte <= weight_byte;
    p_value <= d_value;
    p_tag <= tag;
    for (int b = 0; b < WEIGHT_BANKS; b++)
      for (int p = 0; p < WEIGHT_PORTS; p++)
        for (int l = 0; l < LANES; l++)
          if (p_lanes[b][p][l])
            products[p_tag][l] <= ProductBits'($signed(weight_word[b][p][8*p_byte[l]+:8])) * ProductBits'(p_value);
  end

  // ---- state ----

  typedef struct packed {
    logic  token;
    kind_e kind;
    logic [TagBits-1:0] tag;
    logic [LANES-1:0][SumBits-1:0] sum;
    logic [STATE_BANKS-1:0] valid;
    logic [STATE_BANKS-1:0][RowBits-1:0] row;
    logic [STATE_BANKS-1:0][LANES-1:0] lanes;
  } access_t;
  access_t issued, reading, adding;
  access_t waiting[LEAD_MAX];  // the head is at 0

  always_comb begin
    issued.token = active && !d_event;
    issued.kind = d_kind;
    issued.tag = tag;
    issued.sum = state_sum;
    for (int b = 0; b < STATE_BANKS; b++) begin
      issued.valid[b] = state_grant[b][0];
      issued.row[b] = state_grant_row[b][0];
      issued.lanes[b] = state_grant_lanes[b][0];
    end
  end
  assign reading = waiting[0];
  always_ff @(posedge clk) begin
    for (int i = 0; i < LEAD_MAX; i++) begin
      if (i + 1 == 32'(c.weight_lead)) waiting[i] <= issued;
      else if (i + 1 < LEAD_MAX) waiting[i] <= waiting[i+1];
      if (!rst_n || i + 1 > 32'(c.weight_lead)) begin
        waiting[i].token <= 1'b0;
        waiting[i].valid <= '0;
      end
    end
    adding <= reading;
    if (!rst_n) begin
      adding.token <= 1'b0;
      adding.valid <= '0;
    end
  end
  assign read = reading.valid;
  assign read_row = reading.row;
  assign token = reading.token;
  assign token_kind = reading.kind;

  always_comb begin
    write = adding.valid;
    write_row = adding.row;
    write_mask = '0;
    write_data = '0;
    for (int b = 0; b < STATE_BANKS; b++)
      for (int l = 0; l < LANES; l++)
        if (adding.lanes[b][l]) begin
          write_mask[b][ACCUMULATOR_BITS*adding.sum[l]+:ACCUMULATOR_BITS] = '1;
          write_data[b][ACCUMULATOR_BITS*adding.sum[l]+:ACCUMULATOR_BITS] =
              read_data[b][ACCUMULATOR_BITS*adding.sum[l]+:ACCUMULATOR_BITS]
              + ACCUMULATOR_BITS'(products[adding.tag][l]);
        end
  end

  always_comb begin
    idle = !d_valid && adding.valid == '0;
    for (int i = 0; i < LEAD_MAX; i++) if (waiting[i].token || waiting[i].valid != '0) idle = 1'b0;
  end

endmodule
