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

// The shapes of the tiles for kRows rows, or for fewer: 0 to 3 are sums, 4 and 5 rows, 6 and 7 weights.
static TileShapes shapes_for(int64_t rows) {
  TileShapes shapes;
  const uint8_t upper = uint8_t(rows < 16 ? rows : 16), lower = uint8_t(rows < 16 ? 1 : rows < 32 ? rows - 16 : 16);
  shapes.rows[0] = shapes.rows[1] = shapes.rows[4] = upper;
  shapes.rows[2] = shapes.rows[3] = shapes.rows[5] = lower ? lower : 1;
  return shapes;
}

// The rows of one block and the weights of one panel at one place of their inputs, and what is fetched meanwhile: a
// share of each group of tiles, because many lines at once hold the tiles up that are waited for.
struct Place {
  const char *rows, *weight;
  const char *next_rows, *next_weight;  // those of the next place, to the first-level cache
  const char* later;                    // to the second-level cache
  int64_t stride;                       // bytes from one of the rows to the next
  int64_t share;                        // of `later` with each group

  template <bool kBoth>
  inline void load_rows(int64_t index) const {
    _tile_loadd(4, rows + index * kDepth * 2, stride);
    if (kBoth) _tile_loadd(5, rows + index * kDepth * 2 + 16 * stride, stride);
  }
  inline void load_weights(int64_t index) const {
    _tile_loadd(6, weight + index * 2048, 64);
    _tile_loadd(7, weight + index * 2048 + 1024, 64);
  }
  inline void fetch(const char* from, int group) const {
    for (int64_t line = 0; line < 2048; line += 64) __builtin_prefetch(from + line);
    for (int64_t line = 0; line < share; line += 64) __builtin_prefetch(later + group * share + line, 0, 2);
  }
};

template <bool kBoth>
static inline void add_tiles() {
  _tile_dpbf16ps(0, 4, 6);
  _tile_dpbf16ps(1, 4, 7);
  if (kBoth) _tile_dpbf16ps(2, 5, 6);
  if (kBoth) _tile_dpbf16ps(3, 5, 7);
}

// Adds the products that matter, in an order in which only one factor is another than before.
template <bool kBoth>
static inline void add_place(const Place& at, int64_t parts) {
  at.load_weights(0);
  at.load_rows<kBoth>(parts - 1);
  at.fetch(at.next_weight, 0);
  add_tiles<kBoth>();
  if (parts == 3) {
    at.load_rows<kBoth>(1);
    at.fetch(at.next_rows, 1);
    add_tiles<kBoth>();
    at.load_weights(1);
    at.fetch(at.next_rows + 2048, 2);
    add_tiles<kBoth>();
    at.load_rows<kBoth>(0);
    at.fetch(at.next_rows + 4096, 3);
    add_tiles<kBoth>();
    at.load_weights(2);
    at.fetch(at.next_weight + 2048, 4);
    add_tiles<kBoth>();
    at.load_weights(0);
    at.fetch(at.next_weight + 4096, 5);
    add_tiles<kBoth>();
  } else {
    at.load_rows<kBoth>(0);
    add_tiles<kBoth>();
    at.load_weights(1);
    add_tiles<kBoth>();
  }
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
    add_place<kBoth>({rows, weight, next_rows, weight + product.parts * 2048, next, stride, share}, product.parts);
    rows = next_rows;
    weight += product.parts * 2048;
    next += 6 * share;
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
  const int64_t share = (product.parts * 2048 / blocks / 6 + 63) / 64 * 64;
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
    next += 6 * share * (product.inputs / kDepth);
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
