// Panels of kWidth columns of a product, in tiles of rows whose sums stay in registers. Included after kernel.inl.

// What is multiplied: float32. A word holds kDeep neighbouring inputs, whose products are summed at once.
struct Float {
  using Word = float;
  static constexpr int kDeep = 1;
  static inline Vector words(const Word* from) { return load(from); }
  static inline Vector spread(Word word) { return all(word); }
  static inline Vector add(Vector sum, Vector first, Vector second) { return sum + first * second; }
};

// Adds to kTall rows of one panel the products of `words` words, and fetches as many vectors from `ahead`.
template <int kTall, class Element>
static inline void tile(int64_t words, const typename Element::Word* source, int64_t stride,
                        const typename Element::Word* weight, Vector (&sum)[kTall][2], const char* ahead) {
  for (int64_t word = 0; word < words; ++word, weight += kWidth, ahead += sizeof(Vector)) {
    __builtin_prefetch(ahead, 0, 2);
    const Vector left = Element::words(weight), right = Element::words(weight + kLanes);
#pragma GCC unroll 16
    for (int row = 0; row < kTall; ++row) {
      const Vector value = Element::spread(source[row * stride + word]);
      sum[row][0] = Element::add(sum[row][0], value, left);
      sum[row][1] = Element::add(sum[row][1], value, right);
    }
  }
}

// Rows `first` ... of panel `index`, kTall at a time while there are as many; the first row that is left. The first two
// tiles fetch the next panel, because the processor does not guess it in time.
template <int kTall, class Element>
static inline int64_t rows_of_panel(const Product& product, const ProductCall& call,
                                    const typename Element::Word* source, const typename Element::Word* weight,
                                    int64_t index, int64_t first) {
  const int64_t column = index * kWidth, stride = call.stride / Element::kDeep, words = product.inputs / Element::kDeep;
  const int64_t valid = product.outputs - column < kWidth ? product.outputs - column : kWidth;
  const Vector left = load(product.bias + column), right = load(product.bias + column + kLanes);
  const char* next = reinterpret_cast<const char*>(weight + words * kWidth);
  for (; first + kTall <= call.rows; first += kTall) {
    Vector sum[kTall][2];
#pragma GCC unroll 16
    for (int row = 0; row < kTall; ++row) sum[row][0] = left, sum[row][1] = right;
    const char* ahead = next + (first < kTall ? 0 : words * int64_t(sizeof(Vector)));
    tile<kTall, Element>(words, source + first * stride, stride, weight, sum, ahead);
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
