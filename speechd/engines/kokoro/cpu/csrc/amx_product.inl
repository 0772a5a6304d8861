// Products of float32 rows on the matrix unit, as exact as in float32. Included after amx.inl. Weights are split into
// bfloat16 parts a panel at a time, when all rows are multiplied by it: so they take no more memory, and what is read
// through in each call is as short as can be, and in an order that the processor guesses.

// Channels that a row of the source has of its own: rows may overlap in memory.
static int64_t own_channels(const Product& product, const ProductCall& call) {
  return call.stride < product.inputs ? call.stride : product.inputs;
}

// Rows that follow the last one of the call and that it reaches into.
static int64_t rows_beyond(const Product& product, const ProductCall& call) {
  const int64_t own = own_channels(product, call);
  return (product.inputs + own - 1) / own - 1;
}

// Rows of the source that are split into parts, each once, with room for whole tiles.
static int64_t split_rows(const Product& product, const ProductCall& call) {
  return (call.rows + kRows - 1) / kRows * kRows + rows_beyond(product, call);
}

static int64_t split_row_bytes(const Product& product) { return product.parts * kDepth * 2; }

static int64_t rows_bytes(const Product& product, const ProductCall& call) {
  return split_rows(product, call) * own_channels(product, call) / kDepth * split_row_bytes(product);
}

// Of one thread.
static int64_t panel_bytes(const Product& product) { return product.inputs * kWidth * product.parts * 2; }

// Row `row` of the source to [channels / kDepth][rows][parts][kDepth] of the scratch.
static void split_row(const Product& product, const ProductCall& call, int64_t row) {
  if (row >= call.rows + rows_beyond(product, call)) return;
  const int64_t own = own_channels(product, call), rows = split_rows(product, call);
  const float* from = static_cast<const float*>(call.source) + row * call.stride;
  for (int64_t channel = 0; channel < own; channel += kLanes)
    MatrixProducts::keep(product.parts, call.scratch + (channel / kDepth * rows + row) * split_row_bytes(product),
                         channel % kDepth, load(from + channel));
}

// kDepth floats to `parts` rows of as many bfloat16, `stride` bytes apart: each the nearest to what those before it
// leave.
static inline void split(const float* from, char* to, int64_t stride, int64_t parts) {
  Vector low = load(from), high = load(from + kLanes);
  for (int64_t part = 0; part < parts; ++part, to += stride) {
    const __m512i nearest = (__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low);
    _mm512_storeu_si512(to, nearest);
    low -= (Vector)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(nearest)), 16);
    high -= (Vector)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(nearest, 1)), 16);
  }
}

// How far ahead weights are fetched, in floats: memory answers in the time of so many. Without it a product takes 1.6
// times as long.
constexpr int64_t kAhead = 1024;

// The weights of a panel to [inputs / kDepth][parts][2] tiles of 16 rows.
static void split_weights(const Product& product, const float* from, char* to) {
  constexpr int64_t kTiles = 2 * 1024, kTileRows = 2 * 16;
  for (int64_t input = 0; input < product.inputs; input += kDepth, to += product.parts * kTiles)
    for (int64_t row = 0; row < kTileRows; ++row, from += kDepth) {
      __builtin_prefetch(from + kAhead);
      __builtin_prefetch(from + kAhead + kLanes);
      split(from, to + row * 64, kTiles, product.parts);
    }
}

// The sums of kRows rows from `first` on, without the bias, to `to`.
static void multiply_rows(const Product& product, const ProductCall& call, int64_t first, const char* weight,
                          float* to) {
  const int64_t own = own_channels(product, call), rows = split_rows(product, call);
  const int64_t row_bytes = split_row_bytes(product);
  MatrixProducts::clear();
  int64_t tap = 0, channel = 0;
  for (int64_t input = 0; input < product.inputs; input += kDepth, channel += kDepth) {
    if (channel == own) channel = 0, ++tap;
    MatrixProducts::add(call.scratch + (channel / kDepth * rows + first + tap) * row_bytes, row_bytes, product.parts,
                        weight);
    weight += row_bytes * kWidth;
  }
  MatrixProducts::keep_sums(to);
}

static void matrix_panel(const Product& product, const ProductCall& call, int64_t index, char* weight) {
  const int64_t column = index * kWidth;
  const int64_t valid = product.outputs - column < kWidth ? product.outputs - column : kWidth;
  split_weights(product, static_cast<const float*>(product.weight) + column * product.inputs, weight);
  const Vector left = load(product.bias + column), right = load(product.bias + column + kLanes);
  const TileShapes shapes;
  _tile_loadconfig(&shapes);
  alignas(64) float sums[kRows * kWidth];
  for (int64_t first = 0; first < call.rows; first += kRows) {
    multiply_rows(product, call, first, weight, sums);
    const int64_t rows = call.rows - first < kRows ? call.rows - first : kRows;
    float* to = call.out + first * product.outputs + column;
    for (int64_t row = 0; row < rows; ++row, to += product.outputs) {
      const Vector sum[2] = {load(sums + row * kWidth) + left, load(sums + row * kWidth + kLanes) + right};
      if (valid == kWidth)
        __builtin_memcpy(to, sum, sizeof sum);
      else
        __builtin_memcpy(to, sum, std::size_t(valid) * sizeof(float));
    }
  }
  _tile_release();
}
