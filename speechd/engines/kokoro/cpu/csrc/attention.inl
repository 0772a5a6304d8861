// Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762), a head at a time. Included after product.inl
// and functions.inl. Keys and values are laid out as the weights of a product are.

static constexpr int64_t whole(int64_t count) { return (count + kWidth - 1) / kWidth * kWidth; }

// Bytes for one thread: keys, values, and the scores of kRows queries.
static int64_t attention_bytes(const AttentionCall& call) {
  const int64_t rows = whole(call.rows), size = whole(call.size);
  return (rows * call.size + call.rows * size + kRows * rows) * int64_t(sizeof(float));
}

// Rows [count][size], `stride` apart, to panels [columns / kWidth][inputs][kWidth]: of their channels, or, where
// `turned`, of themselves; zero behind the last column.
template <bool turned>
static void lay_out(const float* from, int64_t stride, int64_t count, int64_t size, float* to) {
  const int64_t columns = turned ? count : size, inputs = turned ? size : count;
  for (int64_t panel = 0; panel < columns; panel += kWidth)
    for (int64_t input = 0; input < inputs; ++input, to += kWidth)
      for (int64_t lane = 0; lane < kWidth; ++lane) {
        const int64_t column = panel + lane;
        to[lane] = column >= columns ? 0.0f : turned ? from[column * stride + input] : from[input * stride + column];
      }
}

static inline float largest(Vector values) {
  float found = values[0];
  for (int lane = 1; lane < kLanes; ++lane) found = values[lane] > found ? values[lane] : found;
  return found;
}

static inline float total(Vector values) {
  float found = 0;
  for (int lane = 0; lane < kLanes; ++lane) found += values[lane];
  return found;
}

// Scores [count] to e^(scale (score - largest)), and what their sum must be multiplied by to be 1.
static inline float soften(float* scores, int64_t count, float scale) {
  for (int64_t i = count; i < whole(count); ++i) scores[i] = -3e38f;
  Vector most = load(scores), sum{};
  for (int64_t i = kLanes; i < whole(count); i += kLanes) {
    const Vector value = load(scores + i);
    most = value > most ? value : most;
  }
  const Vector highest = all(largest(most));
  for (int64_t i = 0; i < whole(count); i += kLanes) {
    const Vector value = exponential((load(scores + i) - highest) * scale);
    store(scores + i, value);
    sum += value;
  }
  return 1.0f / total(sum);
}

// What the kTall queries from `first` on attend to.
template <int kTall>
static inline void attend(const AttentionCall& call, int64_t head, int64_t first, const float* keys,
                          const float* values, float* scores) {
  const int64_t channels = call.heads * call.size, stride = 3 * channels, row_size = whole(call.rows);
  const char* ahead = reinterpret_cast<const char*>(values);
  const float* queries = call.source + first * stride + head * call.size;
  for (int64_t column = 0; column < call.rows; column += kWidth) {
    Vector sum[kTall][2] = {};
    tile<kTall, Float>(call.size, queries, stride, keys + column * call.size, sum, ahead);
    for (int row = 0; row < kTall; ++row) {
      store(scores + row * row_size + column, sum[row][0]);
      store(scores + row * row_size + column + kLanes, sum[row][1]);
    }
  }
  float share[kTall];
  const float scale = 1.0f / __builtin_sqrtf(float(call.size));
  for (int row = 0; row < kTall; ++row) share[row] = soften(scores + row * row_size, call.rows, scale);
  for (int64_t column = 0; column < call.size; column += kWidth) {
    Vector sum[kTall][2] = {};
    tile<kTall, Float>(call.rows, scores, row_size, values + column * call.rows, sum, ahead);
    const int64_t valid = call.size - column < kWidth ? call.size - column : kWidth;
    float* to = call.out + first * channels + head * call.size + column;
    for (int row = 0; row < kTall; ++row) {
      sum[row][0] *= share[row];
      sum[row][1] *= share[row];
      __builtin_memcpy(to + row * channels, sum[row], std::size_t(valid) * sizeof(float));
    }
  }
}

static void attention(const AttentionCall& call, int64_t head, char* scratch) {
  const int64_t channels = call.heads * call.size;
  float* keys = reinterpret_cast<float*>(scratch);
  float* values = keys + whole(call.rows) * call.size;
  float* scores = values + call.rows * whole(call.size);
  const float* own = call.source + head * call.size;
  lay_out<true>(own + channels, 3 * channels, call.rows, call.size, keys);
  lay_out<false>(own + 2 * channels, 3 * channels, call.rows, call.size, values);
  int64_t row = 0;
  for (; row + kRows <= call.rows; row += kRows) attend<kRows>(call, head, row, keys, values, scores);
  for (; row + 4 <= call.rows; row += 4) attend<4>(call, head, row, keys, values, scores);
  for (; row < call.rows; ++row) attend<1>(call, head, row, keys, values, scores);
}
