// What Python and the kernels of the text's networks agree on. structures.py mirrors the structures field by field.
#pragma once
#include <cstdint>

namespace speechd {

// The recurrent half of a bidirectional LSTM, prepared once. Gates are input, forget, cell, output, as PyTorch has them.
struct Lstm {
  const float* weight;  // [2][hidden / lanes][hidden][4 gates][lanes]
  int64_t hidden;
};

struct LstmCall {
  const float* source;    // [...][2][hidden / lanes][4 gates][lanes]: the inputs' part of the gates, with the biases
  const int64_t* places;  // [steps]: the row of source of each step
  float* cells;           // [2][hidden], written to
  float* out;             // [steps][2][hidden]
  int64_t steps, threads;
};

// Attention of every row to all rows, in `heads` of `size` channels.
struct AttentionCall {
  const float* source;  // [rows][3][heads][size]: queries, keys and values
  float* out;           // [rows][heads][size]
  char* scratch;        // speechd_attention_bytes() for each thread
  int64_t rows, heads, size, threads;
};

// out = leaky(layer norm(source (+ residual))) over the channels of each row.
struct LayerNormCall {
  const float* source;    // [rows][channels]
  const float* residual;  // [rows][channels] or null
  const float* gain;      // [channels]
  const float* offset;    // [channels]
  float* out;             // [rows][channels], may be source
  double epsilon, slope;  // slope: of the leaky ReLU below zero, 1 for none
  int64_t rows, channels, threads;
};

// out = leaky(norm over time(source)), doubled in time where `upsampling`, a row of zeros before and after it.
struct AdaptiveNormCall {
  const float* source;      // [rows][channels]
  const float* gain;        // [channels]
  const float* offset;      // [channels]
  const float* upsampling;  // [4][channels] or null: taps for the row before, this row and the row after, and the bias
  const double* spread;     // [2][channels]: the mean and variance to normalise by; null for those of source
  float* out;               // [1 + rows (x 2) + 1][channels]
  double epsilon, slope;
  int64_t rows, channels, threads;
};

// The mean and variance over time of the rows from `first` to `end`.
struct SpreadCall {
  const float* source;    // [rows][channels]
  const double* moments;  // [2][channels] or null: sum and sum of squares of all rows, so that the others are counted
  double* out;            // [2][channels]
  int64_t rows, first, end, channels, threads;
};

// What normalises by a mean and variance, as a factor and what is added after it.
struct AffineCall {
  const double* spread;  // [2][channels]
  const float* gain;     // [channels]
  const float* offset;   // [channels]
  float* out;            // [2][channels]
  double epsilon;
  int64_t channels;
};

}  // namespace speechd
