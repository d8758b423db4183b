// Evaluates a slice: groups of GROUP neighbouring neurons in the order y, x, channel.
//
// Three stages that advance together, when the slowest has finished (a beat):
//   fetch   search for a group (flag_scanner), read of its accumulators and references
//   compute requantisation, activation, comparison with the reference
//   send    one flit a cycle into the output FIFO, and write of the references that changed
// Reads of one group and writes of the group two before it share the banks: every bank serves PORTS of them in a cycle,
// writes first. In a key frame all references are written, since what is stored belongs to the time before.
module delta_unit
  import types_pkg::*;
#(
    parameter int LANES = 16,
    parameter int BANKS = 8,
    parameter int WORD_BITS = 64,
    parameter int PORTS = 2,
    parameter int ROWS = 4096,
    parameter int ACCUMULATOR_BITS = 32,
    parameter int REFERENCE_BITS = 16,
    parameter int GROUP = 4,
    parameter int FLAG_WORD_BITS = 64,
    parameter int NEURONS = 4096,
    parameter int CHANNELS = 128,
    localparam int RowBits = $clog2(ROWS)
) (
    input  logic    clk,
    input  logic    rst_n,
    /* verilator lint_off UNUSEDSIGNAL */  // integration has its own fields
    input  config_t c,
    /* verilator lint_on UNUSEDSIGNAL */
    input  logic [31:0] multiplier[CHANNELS],
    input  logic [LANES-1:0]       mark,
    input  logic [LANES-1:0][31:0] mark_neuron,
    input  logic    start,
    input  logic    key,        // state was cleared for this frame: every neuron is evaluated, references count as 0
    output logic    done,       // in its last cycle
    // one event or sum
    output logic    send,
    output logic [11:0] channel,
    output logic [9:0]  y,
    output logic [9:0]  x,
    output logic signed [31:0] value,
    input  logic    room,
    // state memory
    output logic [BANKS-1:0][PORTS-1:0]                enable,
    output logic [BANKS-1:0][PORTS-1:0]                write,
    output logic [BANKS-1:0][PORTS-1:0][RowBits-1:0]   row,
    output logic [BANKS-1:0][PORTS-1:0][WORD_BITS-1:0] mask,
    output logic [BANKS-1:0][PORTS-1:0][WORD_BITS-1:0] data_out,
    input  logic [BANKS-1:0][PORTS-1:0][WORD_BITS-1:0] data_in
);

  // Words that a group can lie in, wherever it begins.
  localparam int SumWords = (GROUP * ACCUMULATOR_BITS - 1) / WORD_BITS + 2;
  localparam int ReferenceWords = (GROUP * REFERENCE_BITS - 1) / WORD_BITS + 2;
  localparam int Reads = SumWords + ReferenceWords;
  localparam int Slots = ReferenceWords + Reads;  // writes before reads
  localparam int BankBits = BANKS > 1 ? $clog2(BANKS) : 1;
  localparam int PortBits = PORTS > 1 ? $clog2(PORTS) : 1;
  localparam int ChannelBits = $clog2(CHANNELS);

  logic running, beat_end;
  logic [31:0] neurons;
  assign neurons = 32'(c.out_y) * 32'(c.out_x) * 32'(c.out_c);

  // ---- fetch ----

  logic found, none, all;
  logic [31:0] first;
  logic [GROUP-1:0] touched;
  assign all = c.all || key;
  flag_scanner #(.LANES(LANES), .NEURONS(NEURONS), .WORD(FLAG_WORD_BITS), .GROUP(GROUP)) scanner (
      .clk, .rst_n, .mark, .mark_neuron, .neurons, .start, .all, .search(running), .found, .none, .first, .touched,
      .taken(beat_end && found));

  // A word wanted from or for the state memory.
  typedef struct packed {
    logic wanted;
    logic [BankBits-1:0] bank;
    logic [RowBits-1:0] row;
  } slot_t;
  function automatic slot_t slot_of(logic wanted, logic [31:0] address);
    slot_of.wanted = wanted;
    slot_of.bank = BankBits'(address % BANKS);
    slot_of.row = RowBits'(address / BANKS);
  endfunction

  slot_t [Slots-1:0] slots;
  logic [Slots-1:0] served, granted;
  logic [31:0] last, sum_word, sum_word_last, reference_word, reference_word_last;
  logic [ReferenceWords-1:0] e_write;
  logic [31:0] e_word;
  always_comb begin
    last = first + GROUP > neurons ? neurons : first + GROUP;
    sum_word = first * ACCUMULATOR_BITS / WORD_BITS;
    sum_word_last = (last * ACCUMULATOR_BITS - 1) / WORD_BITS;
    reference_word = first * REFERENCE_BITS / WORD_BITS;
    reference_word_last = (last * REFERENCE_BITS - 1) / WORD_BITS;
    for (int i = 0; i < ReferenceWords; i++) begin
      slots[i] = slot_of(running && e_write[i], c.state_words + e_word + i);
      slots[ReferenceWords+SumWords+i] = slot_of(running && found && !c.raw && reference_word + i <= reference_word_last,
                                                 c.state_words + reference_word + i);
    end
    for (int i = 0; i < SumWords; i++)
      slots[ReferenceWords+i] = slot_of(running && found && sum_word + i <= sum_word_last, sum_word + i);
  end

  logic [Slots-1:0][PortBits-1:0] port;
  logic [ReferenceWords-1:0][WORD_BITS-1:0] e_mask, e_data;
  always_comb begin
    enable = '0;
    write = '0;
    row = '0;
    mask = '0;
    data_out = '0;
    granted = '0;
    port = '0;
    for (int s = 0; s < Slots; s++)
      for (int p = 0; p < PORTS; p++)
        if (slots[s].wanted && !served[s] && !granted[s] && !enable[slots[s].bank][p]) begin
          granted[s] = 1'b1;
          port[s] = PortBits'(p);
          enable[slots[s].bank][p] = 1'b1;
          row[slots[s].bank][p] = slots[s].row;
          if (s < ReferenceWords) begin
            write[slots[s].bank][p] = 1'b1;
            mask[slots[s].bank][p] = e_mask[s%ReferenceWords];
            data_out[slots[s].bank][p] = e_data[s%ReferenceWords];
          end
        end
  end

  logic all_served;
  always_comb begin
    all_served = 1'b1;
    for (int s = 0; s < Slots; s++) if (slots[s].wanted && !served[s] && !granted[s]) all_served = 1'b0;
  end

  // Words come one cycle after they were granted: the last ones when their group has already moved on.
  logic [Reads-1:0] coming;
  logic [Reads-1:0][BankBits-1:0] from_bank;
  logic [Reads-1:0][PortBits-1:0] from_port;
  logic [Reads-1:0][WORD_BITS-1:0] words, words_now, c_words_kept, c_words;
  logic beat_begins;
  always_comb begin
    for (int i = 0; i < Reads; i++) words_now[i] = coming[i] ? data_in[from_bank[i]][from_port[i]] : words[i];
    c_words = beat_begins ? words_now : c_words_kept;
  end
  always_ff @(posedge clk) begin
    words <= words_now;
    c_words_kept <= c_words;
    for (int i = 0; i < Reads; i++) begin
      coming[i] <= granted[ReferenceWords+i];
      from_bank[i] <= slots[ReferenceWords+i].bank;
      from_port[i] <= port[ReferenceWords+i];
    end
    beat_begins <= start || beat_end;
    served <= start || beat_end ? '0 : served | granted;
  end

  // ---- compute ----

  logic c_valid;
  logic [31:0] c_first;
  logic [GROUP-1:0] c_touched;
  logic [GROUP-1:0] fires;
  logic [GROUP-1:0][11:0] c_channel;
  logic [GROUP-1:0][9:0] c_y, c_x;
  logic [GROUP-1:0][31:0] c_value;
  logic [ReferenceWords-1:0] c_write;
  logic [ReferenceWords-1:0][WORD_BITS-1:0] c_mask, c_data;

  function automatic logic signed [15:0] requantise(logic signed [31:0] sum, logic [31:0] m);
    logic signed [63:0] q;
    q = (64'(sum) * $signed({32'd0, m}) + 64'sd8388608) >>> 24;
    if (q < 64'(c.low)) return c.low;
    if (q > 64'(c.high)) return c.high;
    return 16'(q);
  endfunction

  always_comb begin
    c_write = '0;
    c_mask = '0;
    c_data = '0;
    for (int i = 0; i < GROUP; i++) begin
      logic [31:0] neuron, pixel, at;
      logic signed [31:0] sum;
      logic signed [15:0] code, reference_code;
      neuron = c_first + i;
      pixel = neuron / 32'(c.out_c);
      c_channel[i] = 12'(neuron % 32'(c.out_c));
      c_y[i] = 10'(pixel / 32'(c.out_x));
      c_x[i] = 10'(pixel % 32'(c.out_x));
      at = c_first * ACCUMULATOR_BITS % WORD_BITS + i * ACCUMULATOR_BITS;
      sum = 32'($signed(c_words[at/WORD_BITS][at%WORD_BITS+:ACCUMULATOR_BITS]));
      at = c_first * REFERENCE_BITS % WORD_BITS + i * REFERENCE_BITS;
      code = requantise(sum, multiplier[ChannelBits'(c_channel[i])]);
      reference_code = key ? '0 : 16'($signed(c_words[SumWords+at/WORD_BITS][at%WORD_BITS+:REFERENCE_BITS]));
      fires[i] = c_valid && neuron < neurons && (c.raw ? c_touched[i] : code != reference_code);
      c_value[i] = c.raw ? sum : 32'(code) - 32'(reference_code);
      if (!c.raw && c_valid && neuron < neurons && (key || fires[i])) begin
        c_write[at/WORD_BITS] = 1'b1;
        c_mask[at/WORD_BITS][at%WORD_BITS+:REFERENCE_BITS] = '1;
        c_data[at/WORD_BITS][at%WORD_BITS+:REFERENCE_BITS] = REFERENCE_BITS'(code);
      end
    end
  end

  // ---- send ----

  logic [GROUP-1:0] e_fires, e_left;
  logic [GROUP-1:0][11:0] e_channel;
  logic [GROUP-1:0][9:0] e_y, e_x;
  logic [GROUP-1:0][31:0] e_value;
  int unsigned next;
  always_comb begin
    next = 0;
    for (int i = GROUP - 1; i >= 0; i--) if (e_fires[i]) next = i;
    e_left = e_fires;
    if (room) e_left[next] = 1'b0;
    send = running && e_fires != '0;
    channel = e_channel[next] + 12'(c.first_c);
    y = e_y[next] + 10'(c.first_y);
    x = e_x[next] + 10'(c.first_x);
    value = e_value[next];
  end

  // ---- beats ----

  assign beat_end = running && (found || none) && all_served && e_left == '0;
  assign done = beat_end && none && !c_valid;
  always_ff @(posedge clk) begin
    if (running) e_fires <= e_left;
    if (beat_end) begin
      c_valid <= found;
      c_first <= first;
      c_touched <= touched;
      e_fires <= fires;
      e_channel <= c_channel;
      e_y <= c_y;
      e_x <= c_x;
      e_value <= c_value;
      e_write <= c_write;
      e_word <= c_first * REFERENCE_BITS / WORD_BITS;
      e_mask <= c_mask;
      e_data <= c_data;
    end
    if (start) running <= 1'b1;
    if (!rst_n || done) running <= 1'b0;
    if (!rst_n || start) begin
      c_valid <= 1'b0;
      e_fires <= '0;
      e_write <= '0;
    end
  end

endmodule
