// What travels between cores, routers and ports, and the numbers of a core's configuration registers.
package types_pkg;

  typedef enum logic [1:0] {
    EVENT = 2'd0,         // a change (or value) of one neuron of the sending layer
    SUM = 2'd1,           // an output neuron's bare sum, to the output port
    END_OF_FRAME = 2'd2,  // the sender has sent everything of this frame
    READY = 2'd3          // the sender has evaluated this frame and can take the next
  } kind_e;

  // One flit is one packet, 96 bits in three words of 32.
  typedef struct packed {
    // word 2
    kind_e       kind;
    logic        key;      // the frame is a key frame: state starts anew from the bias
    logic [7:0]  frame;    // number of the frame, modulo 256
    logic [7:0]  sender;
    logic [12:0] dest;     // a bit for each endpoint that gets a copy; set by the sender, read by routers only
    // word 1: neuron of the sending layer
    logic [11:0] channel;
    logic [9:0]  y;
    logic [9:0]  x;
    // word 0
    logic signed [31:0] value;
  } flit_t;

  // The load port writes one entry a cycle, before the first flit comes.
  typedef enum logic [1:0] {
    LOAD_REGISTER = 2'd0,   // address: reg_e
    LOAD_WEIGHT = 2'd1,     // address: byte of the weight memory, [ky][kx][input channel of the group][slice channel]
    LOAD_BIAS = 2'd2,       // address: output channel of the slice
    LOAD_MULTIPLIER = 2'd3  // address: output channel of the slice
  } load_e;

  typedef enum logic [5:0] {
    REG_OUT_Y = 6'd0,       // rows of the slice's outputs
    REG_OUT_X,              // columns
    REG_OUT_C,              // channels of the slice
    REG_FIRST_Y,            // the slice's first output row in the layer
    REG_FIRST_X,            // column
    REG_FIRST_C,            // channel
    REG_KERNEL_Y,
    REG_KERNEL_X,
    REG_STRIDE_Y,
    REG_STRIDE_X,
    REG_DILATION_Y,         // along an axis, stride or dilation is 1
    REG_DILATION_X,
    REG_PAD_Y,
    REG_PAD_X,
    REG_IN_GROUP,           // input channels of a group
    REG_OUT_GROUP,          // output channels of a group
    REG_LOW,                // clamp of the codes
    REG_HIGH,
    REG_ALL,                // 1: every neuron is evaluated in every frame; 0: those that an event reached
    REG_RAW,                // 1: sends bare sums and keeps no reference
    REG_WEIGHT_LEAD,        // cycles that weights are read ahead of state; at least a step's words in its fullest bank
    REG_STATE_WORDS,        // words of the accumulators; references begin after them
    REG_PRODUCERS,          // senders whose end of frame closes a frame
    REG_CONSUMERS,          // receivers whose ready tokens allow the next frame to be sent
    REG_SENDER,             // own number, written into every flit
    REG_EVENT_DEST,         // destinations of events or sums, of end-of-frame and of ready tokens;
    REG_END_DEST,           // 0: such flits are not sent
    REG_READY_DEST
  } reg_e;

  // The configuration registers, by name.
  typedef struct packed {
    logic [15:0] out_y, out_x, out_c;
    logic [15:0] first_y, first_x, first_c;
    logic [15:0] kernel_y, kernel_x, stride_y, stride_x, dilation_y, dilation_x;
    logic [15:0] pad_y, pad_x;
    logic [15:0] in_group, out_group;
    logic signed [15:0] low, high;
    logic all, raw;
    logic [7:0] weight_lead;
    logic [31:0] state_words;
    logic [7:0] producers, consumers;
    logic [7:0] sender;
    logic [12:0] event_dest, end_dest, ready_dest;
  } config_t;

endpackage
