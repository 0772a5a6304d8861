// Panels of kWidth columns of a product, in tiles of rows whose sums stay in registers. Included after kernel.inl.

// What is multiplied: float32. A word holds kDeep neighbouring inputs, whose products are summed at once.
struct Float {
  using Word = float;
  static constexpr int kDeep = 1;
  static inline Vector words(const Word* from) { return load(from); }
  static inline Vector spread(Word word) { return all(word); }
  static inline Vector add(Vector sum, Vector first, Vector second) { return sum + first * second; }
};

// kTall rows of one panel.
template <int kTall, class Element>
static inline void tile(const Product& product, const typename Element::Word* source, int64_t stride,
                        const typename Element::Word* weight, Vector (&sum)[kTall][2]) {
  for (int64_t input = 0; input < product.inputs / Element::kDeep; ++input, weight += kWidth) {
    const Vector left = Element::words(weight), right = Element::words(weight + kLanes);
#pragma GCC unroll 16
    for (int row = 0; row < kTall; ++row) {
      const Vector value = Element::spread(source[row * stride + input]);
      sum[row][0] = Element::add(sum[row][0], value, left);
      sum[row][1] = Element::add(sum[row][1], value, right);
    }
  }
}

// Rows `first` ... of panel `index`, kTall at a time while there are as many; the first row that is left.
template <int kTall, class Element>
static inline int64_t rows_of_panel(const Product& product, const ProductCall& call,
                                    const typename Element::Word* source, const typename Element::Word* weight,
                                    int64_t index, int64_t first) {
  const int64_t column = index * kWidth, stride = call.stride / Element::kDeep;
  const int64_t valid = product.outputs - column < kWidth ? product.outputs - column : kWidth;
  const Vector left = load(product.bias + column), right = load(product.bias + column + kLanes);
  for (; first + kTall <= call.rows; first += kTall) {
    Vector sum[kTall][2];
#pragma GCC unroll 16
    for (int row = 0; row < kTall; ++row) sum[row][0] = left, sum[row][1] = right;
    tile<kTall, Element>(product, source + first * stride, stride, weight, sum);
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
static void panel(const Product& product, const ProductCall& call, int64_t index) {
  using Word = typename Element::Word;
  const Word* source = static_cast<const Word*>(call.source);
  const Word* weight = static_cast<const Word*>(product.weight) + index * (product.inputs / Element::kDeep) * kWidth;
  int64_t row = rows_of_panel<kRows, Element>(product, call, source, weight, index, 0);
  row = rows_of_panel<4, Element>(product, call, source, weight, index, row);
  rows_of_panel<1, Element>(product, call, source, weight, index, row);
}
