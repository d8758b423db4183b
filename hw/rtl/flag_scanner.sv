// Touched flags, one for each neuron in the order y, x, channel, and the search for groups of neurons to evaluate.
//
// A word of flags is looked at in a cycle, kept, and wiped in the memory; its groups are then offered one after another
// without further cycles. `all`: every group is offered, no word is read, and the flags are wiped together.
// Flags are flip-flops: events of any shape set theirs in one cycle.
module flag_scanner #(
    parameter int LANES = 16,
    parameter int NEURONS = 4096,
    parameter int WORD = 64,
    parameter int GROUP = 4
) (
    input  logic clk,
    input  logic rst_n,
    input  logic [LANES-1:0]       mark,
    input  logic [LANES-1:0][31:0] mark_neuron,
    input  logic [31:0] neurons,   // of the slice
    input  logic        start,     // a scan begins in the next cycle
    input  logic        all,
    input  logic        search,    // a group is wanted
    output logic        found,
    output logic        none,      // and there will be none: known in the cycle in which the last word is looked at
    output logic [31:0] first,
    output logic [GROUP-1:0] touched,
    input  logic        taken
);

  localparam int Words = (NEURONS + WORD - 1) / WORD;
  localparam int WordBits = Words > 1 ? $clog2(Words) : 1;
  localparam int Groups = WORD / GROUP;

  logic [Words-1:0][WORD-1:0] flags;
  logic [31:0] scanned, words, next_group;
  logic [WORD-1:0] kept;           // flags of the word before `scanned` whose groups are still to come
  logic [WORD-1:0] looked_at;
  assign words = all ? '0 : (neurons + WORD - 1) / WORD;
  assign looked_at = flags[WordBits'(scanned)];

  int unsigned group;
  always_comb begin
    group = 0;
    for (int g = Groups - 1; g >= 0; g--) if (kept[g*GROUP+:GROUP] != '0) group = g;
    if (all) begin
      found = next_group < neurons;
      first = next_group;
      touched = '1;
      none = !found;
    end else begin
      found = kept != '0;
      first = (scanned - 1) * WORD + group * GROUP;
      touched = kept[group*GROUP+:GROUP];
      none = !found && (scanned == words || (scanned + 1 == words && looked_at == '0));
    end
  end

  always_ff @(posedge clk) begin
    for (int l = 0; l < LANES; l++)
      if (mark[l]) flags[WordBits'(mark_neuron[l] / WORD)][mark_neuron[l] % WORD] <= 1'b1;
    if (start) begin
      scanned <= '0;
      next_group <= '0;
      kept <= '0;
      if (all) flags <= '0;
    end else begin
      if (search && !found && scanned < words) begin
        kept <= looked_at;
        flags[WordBits'(scanned)] <= '0;
        scanned <= scanned + 1;
      end
      if (taken) begin
        next_group <= next_group + GROUP;
        if (!all) kept[group*GROUP+:GROUP] <= '0;
      end
    end
    if (!rst_n) begin
      flags <= '0;
      kept <= '0;
      scanned <= '0;
      next_group <= '0;
    end
  end

endmodule
