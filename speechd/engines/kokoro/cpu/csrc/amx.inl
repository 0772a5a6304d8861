// Convolutions on the matrix unit (AMX): each float32 is kept as the sum of two or three bfloat16, and the products that
// matter are summed. Three parts have all 24 bits of a float32, and the six products of them that are left out nothing
// that a float32 result could hold; two parts have 16 bits and take three products. Products of rows (amx_product.inl)
// are of whole numbers.
//
// Memory is slower than the matrix unit, so weights are kept in three bytes: as whole numbers of 24 bits, with a factor
// for each output. They are split while those before them are multiplied.

constexpr int64_t kTileBytes = 1024, kLine = 64;

struct TileShapes {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// kRows rows and the weights of one panel at one place of their inputs: [rows][parts][kDepth], and pairs of input
// channels side by side in [parts][2] tiles. And what is fetched with each group of tiles: many lines at once would
// hold the tiles up that are waited for.
struct Place {
  const char *rows, *weight;
  const char *next_rows, *next_weight;  // those of the next place, to the first-level cache
  int64_t stride;                       // bytes from one of the rows to the next

  static constexpr int64_t groups(int64_t parts) { return parts * (parts + 1) / 2; }

  inline void load_rows(int64_t part) const {
    _tile_loadd(4, rows + part * kDepth * 2, stride);
    _tile_loadd(5, rows + part * kDepth * 2 + 16 * stride, stride);
  }

  inline void load_weights(int64_t part) const {
    _tile_loadd(6, weight + part * 2 * kTileBytes, 64);
    _tile_loadd(7, weight + part * 2 * kTileBytes + kTileBytes, 64);
  }

  inline void fetch_next(const char* from) const {
    for (int64_t line = 0; line < 2 * kTileBytes; line += kLine) __builtin_prefetch(from + line);
  }

  // Multiplies the tiles that are loaded, which leaves the other units of the core free for `meanwhile`.
  template <class Meanwhile>
  static inline void multiply(Meanwhile& meanwhile) {
    meanwhile();
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }

  // Adds the products that matter, in an order in which only one factor is another than before. meanwhile: is called
  // with each group of tiles.
  template <class Meanwhile>
  inline void add(int64_t parts, Meanwhile& meanwhile) const {
    if (parts == 3)
      add_three(meanwhile);
    else
      add_two(meanwhile);
  }

  template <class Meanwhile>
  inline void add_three(Meanwhile& meanwhile) const {
    load_weights(0);
    load_rows(2);
    fetch_next(next_weight);
    multiply(meanwhile);
    load_rows(1);
    fetch_next(next_rows);
    multiply(meanwhile);
    load_weights(1);
    fetch_next(next_rows + 2 * kTileBytes);
    multiply(meanwhile);
    load_rows(0);
    fetch_next(next_rows + 4 * kTileBytes);
    multiply(meanwhile);
    load_weights(2);
    fetch_next(next_weight + 2 * kTileBytes);
    multiply(meanwhile);
    load_weights(0);
    fetch_next(next_weight + 4 * kTileBytes);
    multiply(meanwhile);
  }

  template <class Meanwhile>
  inline void add_two(Meanwhile& meanwhile) const {
    load_weights(0);
    load_rows(1);
    fetch_next(next_weight);
    multiply(meanwhile);
    load_rows(0);
    fetch_next(next_rows);
    fetch_next(next_rows + 2 * kTileBytes);
    multiply(meanwhile);
    load_weights(1);
    fetch_next(next_weight + 2 * kTileBytes);
    multiply(meanwhile);
  }
};

// The bfloat16 nearest to a float, its upper half, in integers: a conversion takes twice as long.
static inline __m512i rounded(Vector value) {
  return _mm512_add_epi32(reinterpret_cast<__m512i>(value), _mm512_set1_epi32(0x8000));
}

static inline Vector upper(__m512i words) {
  return reinterpret_cast<Vector>(_mm512_and_si512(words, _mm512_set1_epi32(int(0xffff0000))));
}

// The upper halves of words.
static inline void keep_upper(char* to, __m512i words) {
  const __m512i odd = _mm512_set_epi16(
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3,
      1);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_castsi512_si256(_mm512_permutexvar_epi16(odd, words)));
}

// kLanes floats to `parts` rows of as many bfloat16, each the nearest to what the ones before it leave.
static inline void to_parts(Vector value, char* to, int64_t parts) {
  for (int64_t part = 0; part < parts; ++part, to += kDepth * 2) {
    const __m512i words = rounded(value);
    keep_upper(to, words);
    value -= upper(words);
  }
}

// The same of 2 x kLanes floats, to rows `stride` bytes apart.
static inline void to_parts(Vector low, Vector high, char* to, int64_t stride, int64_t parts) {
  const __m512i odd = _mm512_set_epi16(
      63, 61, 59, 57, 55, 53, 51, 49, 47, 45, 43, 41, 39, 37, 35, 33, 31, 29, 27, 25, 23, 21, 19, 17, 15, 13,
      11, 9, 7, 5, 3, 1);
  for (int64_t part = 0; part < parts; ++part, to += stride) {
    const __m512i first = rounded(low), second = rounded(high);
    _mm512_storeu_si512(to, _mm512_permutex2var_epi16(first, odd, second));
    low -= upper(first);
    high -= upper(second);
  }
}

// Bytes of a row of a tile of weights, and how far ahead of it memory is fetched.
constexpr int64_t kPackedRow = 3 * kDepth, kPackedAhead = 40 * kPackedRow;

// The whole numbers of kLanes weights, times 256.
static inline Vector unpacked(const char* from) {
  const __m512i upper_bytes = _mm512_set_epi8(
      47, 46, 45, 0, 44, 43, 42, 0, 41, 40, 39, 0, 38, 37, 36, 0, 35, 34, 33, 0, 32, 31, 30, 0, 29, 28, 27, 0,
      26, 25, 24, 0, 23, 22, 21, 0, 20, 19, 18, 0, 17, 16, 15, 0, 14, 13, 12, 0, 11, 10, 9, 0, 8, 7, 6, 0, 5, 4,
      3, 0, 2, 1, 0, 0);
  const __m512i bytes = _mm512_maskz_permutexvar_epi8(0xeeeeeeeeeeeeeeee, upper_bytes, _mm512_loadu_si512(from));
  return reinterpret_cast<Vector>(_mm512_cvtepi32_ps(bytes));
}

// Splits weights of one panel, [rows / kDepth][2][16] rows, to [rows / kDepth][parts][2] tiles: `some` rows at a time.
struct Unpack {
  const char* from;
  char* to;
  int64_t parts, rows, some;
  int64_t row = 0;

  inline void operator()() {
    const int64_t end = row + some < rows ? row + some : rows;
    for (; row < end; ++row, from += kPackedRow) {
      __builtin_prefetch(from + kPackedAhead);
      __builtin_prefetch(from + kPackedAhead + kLine);
      char* place = to + row / kDepth * parts * 2 * kTileBytes + row % kDepth * 64;
      to_parts(unpacked(from), unpacked(from + kPackedRow / 2), place, 2 * kTileBytes, parts);
    }
  }
};

struct MatrixProducts {
  static constexpr bool kScaled = true;

  static int64_t row_bytes(const Convolution& conv) { return kDepth * 2 * conv.parts; }

  // Part after part, each the bfloat16 nearest to what the ones before it leave.
  static inline void keep(const Convolution& conv, char* row, int64_t channel, Vector value) {
    to_parts(value, row + channel * 2, conv.parts);
  }

  static inline void clear() {
    __asm__ volatile("" ::: "memory");  // the compiler does not know that tiles are loaded from memory
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }

  // The sums as kRows rows of kWidth.
  static inline void keep_sums(float* to) {
    _tile_stored(0, to, kWidth * 4);
    _tile_stored(1, to + 16, kWidth * 4);
    _tile_stored(2, to + 16 * kWidth, kWidth * 4);
    _tile_stored(3, to + 16 * kWidth + 16, kWidth * 4);
    __asm__ volatile("" ::: "memory");
  }

  // Of one panel at one point, as the matrix unit takes them.
  static int64_t weight_bytes(const Convolution& conv) {
    return conv.groups * row_bytes(conv) / kDepth * conv.inputs * kWidth;
  }

  static int64_t room_bytes(const Convolution& conv) { return 2 * weight_bytes(conv); }

  // The weights of panel after panel, and of point after point in each. Those of the next point are split meanwhile.
  struct Weights {
    const char* packed;  // of the next point
    char *here, *next;
    int64_t parts, rows, some, left;  // rows: packed ones of a point; some: with each group of tiles; left: points
    Unpack meanwhile;

    Weights(const Convolution& conv, const Plan& plan, char* room)
        : packed(static_cast<const char*>(conv.weight)),
          here(room + weight_bytes(conv)),
          next(room),
          parts(conv.parts),
          rows(conv.inputs * conv.groups),
          left((conv.outputs + kWidth - 1) / kWidth * kPoints),
          meanwhile{packed, next, parts, rows, rows} {
      const int64_t shares = plan.products / kRows * Place::groups(parts);
      some = (kDepth + shares - 1) / shares;
      meanwhile();
      advance();
    }

    // To the next point.
    inline void advance() {
      char* done = here;
      here = next;
      next = done;
      packed += rows * kPackedRow;
      meanwhile = Unpack{packed, next, parts, --left > 0 ? rows : 0, some};
    }
  };

  static inline void multiply(const Convolution& conv, const Plan& plan, const char* transformed, int64_t first,
                              Weights& weights, float* to) {
    const int64_t stride = row_bytes(conv), step = conv.dilation * stride, places = conv.inputs / kDepth * conv.groups;
    const char *begin = transformed + first * stride, *rows = begin, *weight = weights.here;
    int64_t group = 0;
    clear();
    for (int64_t place = 0; place < places; ++place) {
      const char* next = rows + step;
      if (++group == conv.groups) group = 0, begin += plan.transformed * stride, next = begin;
      const Place at{rows, weight, next, weight + stride * kWidth, stride};
      at.add(conv.parts, weights.meanwhile);
      rows = at.next_rows;
      weight = at.next_weight;
    }
    keep_sums(to);
  }
};

static void matrix_winograd(const Convolution& conv, const Call& call, const Plan& plan, int64_t start, char* scratch,
                            double* moments) {
  const TileShapes shapes;
  _tile_loadconfig(&shapes);
  winograd<MatrixProducts>(conv, call, plan, start, scratch, moments);
  _tile_release();
}
