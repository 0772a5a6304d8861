// Products of float32 rows on the matrix unit, as exact as in float32. Included after amx.inl. Both factors are split
// into bfloat16 parts: the weights when they were prepared, the rows at each call.

// Bytes of split rows that are multiplied by all weights before the next ones are: they, and the weights of two panels,
// stay in a second-level cache of 2 MiB, which every processor with a matrix unit has.
constexpr int64_t kRowsBytes = 1024 * 1024;

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

static int64_t rows_bytes(const Product& product, const ProductCall& call) {
  return split_rows(product, call) * own_channels(product, call) * product.parts * 2;
}

// Rows of the call that stay in the cache together.
static int64_t rows_at_once(const Product& product, const ProductCall& call) {
  const int64_t most = kRowsBytes / (own_channels(product, call) * product.parts * 2) / kRows * kRows;
  return most > kRows ? most : kRows;
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

// Row `row` of the source to [channels / kDepth][rows][parts][kDepth] of the scratch.
static void split_row(const Product& product, const ProductCall& call, int64_t row) {
  if (row >= call.rows + rows_beyond(product, call)) return;
  const int64_t own = own_channels(product, call), stride = product.parts * kDepth * 2;
  const float* from = static_cast<const float*>(call.source) + row * call.stride;
  char* to = call.scratch + row * stride;
  for (int64_t channel = 0; channel < own; channel += kDepth, to += split_rows(product, call) * stride)
    split(from + channel, to, kDepth * 2, product.parts);
}

// The sums of kRows rows from `first` on, without the bias, to `to`; kBoth: whether there are more than 16. Fetches
// `share` bytes of what comes next for each place of the inputs.
template <bool kBoth>
static void multiply_rows(const Product& product, const ProductCall& call, int64_t first, const char* weight,
                          const char* next, int64_t share, float* to) {
  const int64_t own = own_channels(product, call), stride = product.parts * kDepth * 2;
  const int64_t part = split_rows(product, call) * stride;
  MatrixProducts::clear();
  int64_t channel = 0;
  const char *begin = call.scratch + first * stride, *rows = begin;
  for (int64_t input = 0; input < product.inputs; input += kDepth) {
    const char* next_rows = rows + part;
    if ((channel += kDepth) == own) channel = 0, begin += stride, next_rows = begin;
    const Place place{rows, weight, next_rows, weight + product.parts * 2 * kTileBytes, next, stride, share};
    place.add<kBoth>(product.parts);
    rows = next_rows;
    weight = place.next_weight;
    next += share;
  }
  MatrixProducts::keep_sums(to);
}

// Rows `first` to `end` of the call and panel `index` of the weights.
static void matrix_panel(const Product& product, const ProductCall& call, int64_t index, int64_t start, int64_t end) {
  const int64_t column = index * kWidth, bytes = product.inputs * kWidth * product.parts * 2;
  const int64_t valid = product.outputs - column < kWidth ? product.outputs - column : kWidth;
  const char* weight = static_cast<const char*>(product.weight) + index * bytes;
  const Vector left = load(product.bias + column), right = load(product.bias + column + kLanes);
  const int64_t blocks = (end - start + kRows - 1) / kRows;
  const int64_t share = Place::share_of(product.parts, blocks);
  const char* next = weight + bytes;
  alignas(64) float sums[kRows * kWidth];
  for (int64_t first = start; first < end; first += kRows) {
    const int64_t rows = end - first < kRows ? end - first : kRows;
    if (first == start || rows < kRows) {
      const TileShapes shapes = shapes_for(rows);
      _tile_loadconfig(&shapes);
    }
    if (rows > 16)
      multiply_rows<true>(product, call, first, weight, next, share, sums);
    else
      multiply_rows<false>(product, call, first, weight, next, share, sums);
    next += share * (product.inputs / kDepth);
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
