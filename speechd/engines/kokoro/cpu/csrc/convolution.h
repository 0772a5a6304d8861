// What Python and the kernels agree on. compiled_ops.py mirrors the structures field by field.
#pragma once
#include <cstdint>

namespace speechd {

constexpr int kPoints = 11;       // interpolation points of the Winograd transforms: 0 and five opposite pairs
constexpr int kFourierSize = 32;  // rows of a tile of the Fourier transform
constexpr int kDepth = 32;        // input channels that lie together, in the transformed rows and in the weights

enum Activation : int64_t { kSnake = 0, kLeaky = 1 };

// A convolution over time, prepared once, by Winograd's transforms or by Fourier's. `taps` are split into `groups` of
// as many as a transform takes, which has `step` outputs; with more than one group it has as many outputs as taps, so
// that group g of tile t reads the inputs of tile t + g.
struct Convolution {
  // [ceil(outputs / width)][kPoints][inputs / kDepth][groups] of [kDepth][width] float32, or, where `parts` > 0, of
  // [width / 16][kDepth / 2][16][2] whole numbers of three bytes, times 256 x scale the weight, which is split into so
  // many bfloat16. 16 bytes follow them.
  // Where `fourier`, [ceil(outputs / (width / 2))][kFourierSize / 2 + 1][inputs / kDepth] of
  // [kDepth / 2][2][width / 2][2] bfloat16: of each frequency the real part, then the imaginary one.
  const void* weight;
  const float* bias;      // [outputs, rounded up to whole widths]
  const float* scale;     // [kPoints][the same], or null where there are no `parts`
  const float* forward;   // [kPoints][kPoints]
  const float* backward;  // [step][kPoints]
  int64_t inputs, outputs, taps, groups, step, dilation, activation, parts, fourier;
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
  // [ceil(outputs / width)] of [inputs][width] float32, of [inputs / 2][width][2] `bfloat16`, or, for a `matrix` unit, of
  // [inputs / 64][3][width / 16][16][16][4] signed bytes: digits of base 256, the lowest first, of whole numbers that
  // are the weight / scale x 256^2.
  const void* weight;
  const float* bias;   // [outputs, rounded up to whole widths]
  const float* scale;  // the same, or null without a `matrix` unit
  int64_t inputs, outputs, bfloat16, matrix;
};

// One call: out = source x weight + bias. The rows of source begin `stride` apart, which may be less than their length.
struct ProductCall {
  const void* source;  // [rows] of [inputs], float32 or, if the matrix is so, bfloat16
  float* out;          // [rows][outputs]
  char* scratch;       // speechd_product_bytes()
  int64_t rows, stride, threads;
};

// A block of rows; each is one task, and all but the last of a call are the same whatever the thread count.
struct Plan {
  int64_t tiles;        // rows of products per phase of the dilation
  int64_t rows;         // rows of results
  int64_t source_rows;  // rows of the source that it reads
  int64_t transformed;  // transformed rows, with room for whole products at the end
  int64_t products;     // rows of products, rounded up to whole ones
};

}  // namespace speechd
