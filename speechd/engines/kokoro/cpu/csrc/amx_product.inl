// Products of float32 rows on the matrix unit, as exact as in float32. Included after amx.inl. Both factors are split
// into bfloat16 parts, the weights of a panel while the panel before it is multiplied.

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

// Row `row` of the source to [channels / kDepth][rows][parts][kDepth] of the scratch.
static void split_row(const Product& product, const ProductCall& call, int64_t row) {
  if (row >= call.rows + rows_beyond(product, call)) return;
  const int64_t own = own_channels(product, call), stride = product.parts * kDepth * 2;
  const float* from = static_cast<const float*>(call.source) + row * call.stride;
  char* to = call.scratch + row * stride;
  for (int64_t channel = 0; channel < own; channel += kDepth, to += split_rows(product, call) * stride)
    to_parts(load(from + channel), load(from + channel + kLanes), to, kDepth * 2, product.parts);
}

// Bytes of a panel's weights as the matrix unit takes them.
static int64_t panel_bytes(const Product& product) { return product.inputs * kWidth * product.parts * 2; }

// Of one thread: the weights of the panel that is multiplied, and of the next one.
static int64_t own_bytes(const Product& product) { return 2 * panel_bytes(product); }

// The sums of kRows rows from `first` on, without the factors and the bias, to `to`; kBoth: whether there are more than
// 16.
template <bool kBoth>
static void multiply_rows(const Product& product, const ProductCall& call, int64_t first, const char* weight,
                          Unpack& meanwhile, float* to) {
  const int64_t own = own_channels(product, call), stride = product.parts * kDepth * 2;
  const int64_t part = split_rows(product, call) * stride;
  MatrixProducts::clear();
  int64_t channel = 0;
  const char *begin = call.scratch + first * stride, *rows = begin;
  for (int64_t input = 0; input < product.inputs; input += kDepth) {
    const char* next_rows = rows + part;
    if ((channel += kDepth) == own) channel = 0, begin += stride, next_rows = begin;
    const Place place{rows, weight, next_rows, weight + product.parts * 2 * kTileBytes, stride};
    place.add<kBoth>(product.parts, meanwhile);
    rows = next_rows;
    weight = place.next_weight;
  }
  MatrixProducts::keep_sums(to);
}

// `rows` rows of sums, times the factors of panel `index` and plus its bias, to row `first` of the result.
static void put_sums(const Product& product, const ProductCall& call, int64_t index, int64_t first, int64_t rows,
                     const float* sums) {
  const int64_t column = index * kWidth;
  const int64_t valid = product.outputs - column < kWidth ? product.outputs - column : kWidth;
  const Vector scale[2] = {load(product.scale + column), load(product.scale + column + kLanes)};
  const Vector bias[2] = {load(product.bias + column), load(product.bias + column + kLanes)};
  float* to = call.out + first * product.outputs + column;
  for (int64_t row = 0; row < rows; ++row, to += product.outputs, sums += kWidth) {
    const Vector sum[2] = {load(sums) * scale[0] + bias[0], load(sums + kLanes) * scale[1] + bias[1]};
    if (valid == kWidth)
      __builtin_memcpy(to, sum, sizeof sum);
    else
      __builtin_memcpy(to, sum, std::size_t(valid) * sizeof(float));
  }
}

// Rows `start` to `end` of the call and one panel of the weights, split already.
static void matrix_panel(const Product& product, const ProductCall& call, int64_t index, int64_t start, int64_t end,
                         const char* weight, Unpack& meanwhile) {
  alignas(64) float sums[kRows * kWidth];
  for (int64_t first = start; first < end; first += kRows) {
    const int64_t rows = end - first < kRows ? end - first : kRows;
    if (first == start || rows < kRows) {
      const TileShapes shapes = shapes_for(rows);
      _tile_loadconfig(&shapes);
    }
    if (rows > 16)
      multiply_rows<true>(product, call, first, weight, meanwhile, sums);
    else
      multiply_rows<false>(product, call, first, weight, meanwhile, sums);
    put_sums(product, call, index, first, rows, sums);
  }
}

// Rows `start` to `end` of the call and the panels from `index` to `past`. own: own_bytes().
static void matrix_panels(const Product& product, const ProductCall& call, int64_t index, int64_t past, int64_t start,
                          int64_t end, char* own) {
  const int64_t packed = product.inputs * kPackedRow, bytes = panel_bytes(product);
  const int64_t shares = (end - start + kRows - 1) / kRows * Place::groups(product.parts);
  const char* from = static_cast<const char*>(product.weight) + index * packed;
  Unpack{from, own, product.parts, product.inputs, product.inputs}();
  for (char *weight = own, *next = own + bytes; index < past; ++index) {
    from += packed;
    const int64_t rows = index + 1 < past ? product.inputs : 0;
    Unpack meanwhile{from, next, product.parts, rows, (kDepth + shares - 1) / shares};
    matrix_panel(product, call, index, start, end, weight, meanwhile);
    char* done = weight;
    weight = next;
    next = done;
  }
  _tile_release();
}
