// Panels of kWidth columns of a product, in tiles of rows whose sums stay in registers. Included after kernel.inl.

// kTall rows of one panel. Of the matrix in float32.
template <int kTall>
static inline void tile(const Product& product, const float* source, int64_t stride, const float* weight,
                        Vector (&sum)[kTall][2]) {
  for (int64_t input = 0; input < product.inputs; ++input, weight += kWidth) {
    const Vector left = load(weight), right = load(weight + kLanes);
#pragma GCC unroll 16
    for (int row = 0; row < kTall; ++row) {
      const Vector value = all(source[row * stride + input]);
      sum[row][0] += value * left;
      sum[row][1] += value * right;
    }
  }
}

// Rows `first` ... of panel `panel`, kTall at a time while there are as many; the first row that is left.
template <int kTall, class Element>
static inline int64_t rows_of_panel(const Product& product, const ProductCall& call, const Element* source,
                                    const Element* weight, int64_t panel, int64_t first) {
  const int64_t column = panel * kWidth;
  const int64_t valid = product.outputs - column < kWidth ? product.outputs - column : kWidth;
  const Vector left = load(product.bias + column), right = load(product.bias + column + kLanes);
  for (; first + kTall <= call.rows; first += kTall) {
    Vector sum[kTall][2];
#pragma GCC unroll 16
    for (int row = 0; row < kTall; ++row) sum[row][0] = left, sum[row][1] = right;
    tile<kTall>(product, source + first * call.stride, call.stride, weight, sum);
    float* to = call.out + first * product.outputs + column;
#pragma GCC unroll 16
    for (int row = 0; row < kTall; ++row, to += product.outputs)
      if (valid == kWidth) {
        store(to, sum[row][0]);
        store(to + kLanes, sum[row][1]);
      } else {
        __builtin_memcpy(to, sum[row], std::size_t(valid) * sizeof(float));
      }
  }
  return first;
}

template <class Element>
static inline void panel_of(const Product& product, const ProductCall& call, const Element* source, int64_t panel) {
  const Element* weight = product.weight + panel * product.inputs * kWidth;
  int64_t row = rows_of_panel<kRows>(product, call, source, weight, panel, 0);
  row = rows_of_panel<4>(product, call, source, weight, panel, row);
  rows_of_panel<1>(product, call, source, weight, panel, row);
}

static void float_panel(const Product& product, const ProductCall& call, int64_t panel) {
  panel_of(product, call, call.source, panel);
}
