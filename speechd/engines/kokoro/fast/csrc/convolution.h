// What Python and the kernels agree on. native.py mirrors both structures field by field.
#pragma once
#include <cstdint>

namespace speechd {

constexpr int kPoints = 11;   // interpolation points of the Winograd transforms: 0 and five opposite pairs
constexpr int kDepth = 32;    // input channels that lie together, in the transformed rows and in the weights

enum Activation : int64_t { kSnake = 0, kLeaky = 1 };

// A convolution over time, prepared once. `taps` are split into `groups` of as many as a transform takes; with more
// than one group a transform has as many outputs as taps, so that group g of tile t reads the inputs of tile t + g.
struct Convolution {
  // [ceil(outputs / width)][kPoints][inputs / kDepth][groups] of [kDepth][width] float32, or, where `parts` > 0, of
  // [parts][width / 16][kDepth / 2][16][2] bfloat16, whose sum over the parts is the weight.
  const void* weight;
  const float* bias;      // [outputs, rounded up to whole widths]
  const float* forward;   // [kPoints][kPoints]
  const float* backward;  // [step][kPoints]
  int64_t inputs, outputs, taps, groups, step, dilation, activation, parts;
};

// One call: out = convolution(activation(source * scale + shift)) + bias (+ residual) (+ out), rows of channels.
struct Call {
  const float* source;    // [rows][inputs]
  const float* scale;     // [inputs]
  const float* shift;     // [inputs]
  const float* residual;  // [rows][outputs] or null
  float* out;             // [rows][outputs]
  double* moments;        // [2][outputs]: sum and sum of squares of out over its rows
  char* scratch;          // speechd_scratch_bytes() for each thread
  int64_t rows, accumulate, threads;
};

// A matrix, prepared once.
struct Product {
  const float* weight;  // [ceil(outputs / width)][inputs][width]
  const float* bias;    // [outputs, rounded up to whole widths]
  int64_t inputs, outputs;
};

// One call: out = source x weight + bias. The rows of source begin `stride` apart, which may be less than their length.
struct ProductCall {
  const float* source;  // [rows] of [inputs]
  float* out;           // [rows][outputs]
  int64_t rows, stride, threads;
};

// The blocks of rows that a call is cut into; each is one task, and all are the same whatever the thread count.
struct Plan {
  int64_t tiles;   // per phase of the dilation, in one block
  int64_t rows;    // rows of one block
  int64_t blocks;
  int64_t source_rows;      // rows of the source that one block reads
  int64_t transformed;      // transformed rows of one block, with room for whole products at the end
  int64_t products;         // rows of products of one block, rounded up to whole ones
};

}  // namespace speechd
