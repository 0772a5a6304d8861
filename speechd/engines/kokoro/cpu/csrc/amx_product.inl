// Products of float32 rows on the matrix unit, as exact as in float32: rows and weights are split into bfloat16 parts
// when they are multiplied, so that the weights take no more memory than they are worth. Included after amx.inl.

// A row of the weights' tile or of the source: kDepth floats, as two vectors, to `parts` rows of bfloat16, `stride`
// bytes apart.
static inline void split(const float* from, char* to, int64_t stride, int64_t parts) {
  Vector low = load(from), high = load(from + kLanes);
  for (int64_t part = 0; part < parts; ++part, to += stride) {
    const __m512i nearest = (__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low);
    _mm512_storeu_si512(to, nearest);
    low -= (Vector)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(nearest)), 16);
    high -= (Vector)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(nearest, 1)), 16);
  }
}

constexpr int64_t kTileBytes = 1024, kTileRows = 16;

// Channels of a row of the source of their own: rows may overlap in memory.
static int64_t own_channels(const Product& product, const ProductCall& call) {
  return call.stride < product.inputs ? call.stride : product.inputs;
}

// Rows of the source, each split once, with room for whole tiles.
static int64_t split_rows(const Product& product, const ProductCall& call) {
  const int64_t own = own_channels(product, call);
  return (call.rows + kRows - 1) / kRows * kRows + (product.inputs + own - 1) / own - 1;
}

static int64_t rows_bytes(const Product& product, const ProductCall& call) {
  return split_rows(product, call) * own_channels(product, call) * product.parts * 2;
}

static int64_t panel_bytes(const Product& product) { return product.inputs * kWidth * product.parts * 2; }

// Row `row` of the source to [channels / kDepth][rows][parts][kDepth] of the scratch.
static void split_row(const Product& product, const ProductCall& call, int64_t row) {
  const int64_t own = own_channels(product, call), rows = split_rows(product, call);
  const int64_t row_bytes = product.parts * kDepth * 2;
  if (row >= call.rows + (product.inputs + own - 1) / own - 1) return;
  const float* from = static_cast<const float*>(call.source) + row * call.stride;
  for (int64_t channel = 0; channel < own; channel += kDepth)
    split(from + channel, call.scratch + (channel / kDepth * rows + row) * row_bytes, kDepth * 2, product.parts);
}

// The panel's weights to [inputs / kDepth][parts][2] tiles.
static void split_weights(const Product& product, const float* from, char* to) {
  const int64_t tiles_bytes = 2 * kTileBytes;
  for (int64_t input = 0; input < product.inputs; input += kDepth, to += product.parts * tiles_bytes)
    for (int64_t row = 0; row < 2 * kTileRows; ++row, from += kDepth)
      split(from, to + row * 64, tiles_bytes, product.parts);
}

// The sums of kRows rows from `first` on, without the bias, to `to`.
static void multiply_rows(const Product& product, const ProductCall& call, int64_t first, const char* weight,
                          const char* ahead, int64_t ahead_bytes, float* to) {
  const int64_t own = own_channels(product, call), rows = split_rows(product, call);
  const int64_t row_bytes = product.parts * kDepth * 2, step_bytes = product.parts * 2 * kTileBytes;
  MatrixProducts::clear();
  int64_t tap = 0, channel = 0;
  for (int64_t input = 0; input < product.inputs; input += kDepth, weight += step_bytes, channel += kDepth) {
    if (channel == own) channel = 0, ++tap;
    for (int64_t byte = 0; byte < ahead_bytes; byte += 64, ahead += 64) __builtin_prefetch(ahead, 0, 2);
    const char* from = call.scratch + (channel / kDepth * rows + first + tap) * row_bytes;
    MatrixProducts::add(from, row_bytes, product.parts, weight);
  }
  MatrixProducts::keep_sums(to);
}

static void matrix_panel(const Product& product, const ProductCall& call, int64_t index, char* own) {
  const int64_t column = index * kWidth, size = product.inputs * kWidth;
  const int64_t valid = product.outputs - column < kWidth ? product.outputs - column : kWidth;
  const float* weight = static_cast<const float*>(product.weight) + index * size;
  const char* ahead = reinterpret_cast<const char*>(weight + size);
  const Vector left = load(product.bias + column), right = load(product.bias + column + kLanes);
  // Of the next panel, each tile fetches its share.
  const int64_t tiles = (call.rows + kRows - 1) / kRows, share = (kWidth * kDepth * 4 / 64 + tiles - 1) / tiles * 64;
  split_weights(product, weight, own);
  const TileShapes shapes;
  _tile_loadconfig(&shapes);
  alignas(64) float sums[kRows * kWidth];
  for (int64_t first = 0; first < call.rows; first += kRows, ahead += share * (product.inputs / kDepth)) {
    multiply_rows(product, call, first, own, ahead, share, sums);
    const int64_t rows = call.rows - first < kRows ? call.rows - first : kRows;
    float* to = call.out + first * product.outputs + column;
    for (int64_t row = 0; row < rows; ++row, to += product.outputs) {
      const Vector sum[2] = {load(sums + row * kWidth) + left, load(sums + row * kWidth + kLanes) + right};
      __builtin_memcpy(to, sum, std::size_t(valid) * sizeof(float));
    }
  }
  _tile_release();
}
