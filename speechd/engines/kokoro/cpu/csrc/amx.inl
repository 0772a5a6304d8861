// Products on the matrix unit (AMX): each float32 is kept as the sum of two or three bfloat16, and the products that
// matter are summed. Three parts have all 24 bits of a float32, and the six products of them that are left out nothing
// that a float32 result could hold; two parts have 16 bits and take three products.

struct MatrixProducts {
  static int64_t row_bytes(const Convolution& conv) { return kDepth * 2 * conv.parts; }

  // Part after part, each the bfloat16 nearest to what the ones before it leave.
  static inline void keep(int64_t parts, char* row, int64_t channel, Vector value) {
    for (int64_t part = 0; part < parts; ++part) {
      const __m256i nearest = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(value));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(row + part * kDepth * 2 + channel * 2), nearest);
      value -= reinterpret_cast<Vector>(_mm512_slli_epi32(_mm512_cvtepu16_epi32(nearest), 16));
    }
  }

  static inline void keep(const Convolution& conv, char* row, int64_t channel, Vector value) {
    keep(conv.parts, row, channel, value);
  }

  static inline void clear() {
    __asm__ volatile("" ::: "memory");  // the compiler does not know that tiles are loaded from memory
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }

  // Adds the products of kDepth channels of kRows rows, `stride` bytes apart, with [parts][2] tiles of weights: 2 x 2
  // tiles of 16 x 16 sums; weights are pairs of input channels side by side.
  static inline void add(const char* from, int64_t stride, int64_t parts, const char* weight) {
    const int64_t lower = 16 * stride, tile = 1024;
    for (int64_t b = 0; b < parts; ++b, weight += 2 * tile) {
      _tile_loadd(6, weight, 64);
      _tile_loadd(7, weight + tile, 64);
      for (int64_t a = 0; a < parts - b; ++a) {
        _tile_loadd(4, from + a * kDepth * 2, stride);
        _tile_loadd(5, from + a * kDepth * 2 + lower, stride);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
      }
    }
  }

  // The sums as kRows rows of kWidth.
  static inline void keep_sums(float* to) {
    _tile_stored(0, to, kWidth * 4);
    _tile_stored(1, to + 16, kWidth * 4);
    _tile_stored(2, to + 16 * kWidth, kWidth * 4);
    _tile_stored(3, to + 16 * kWidth + 16, kWidth * 4);
    __asm__ volatile("" ::: "memory");
  }

  static inline void multiply(const Convolution& conv, const Plan& plan, const char* transformed, const char* weight,
                              float* to) {
    const int64_t stride = row_bytes(conv);
    clear();
    for (int64_t part = 0; part < conv.inputs / kDepth; ++part, transformed += plan.transformed * stride)
      for (int64_t group = 0; group < conv.groups; ++group, weight += stride * kWidth)
        add(transformed + group * conv.dilation * stride, stride, conv.parts, weight);
    keep_sums(to);
  }
};

struct TileShapes {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

static void matrix_winograd(const Convolution& conv, const Call& call, const Plan& plan, int64_t start, char* scratch,
                            double* moments) {
  const TileShapes shapes;
  _tile_loadconfig(&shapes);
  winograd<MatrixProducts>(conv, call, plan, start, scratch, moments);
  _tile_release();
}
