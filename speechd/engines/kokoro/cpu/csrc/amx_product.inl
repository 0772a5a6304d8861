// Products of float32 rows on the matrix unit, in whole numbers, as exact as in float32. Included after amx.inl.
//
// Rows and weights are factors times whole numbers of three digits of base 256, from -128 to 127: a factor for each
// output of the weights, and one for each row and block of inputs of the source. The products of digits of the same
// weight are summed, without rounding, in int32; of all nine, only that of the two lowest digits is left out. A matrix
// unit multiplies bytes twice as fast as bfloat16, and the digits of weights are what is kept of them in memory.

constexpr int64_t kDigits = 3, kPlace = 64, kTileRows = 16;
// Places of a block at most: its digits for one panel stay in the first-level cache for all rows.
constexpr int64_t kBlockPlaces = 4;
// Bytes of the digits of rows that are multiplied by all weights before the next ones are, and how many rows they are
// at most: they and their sums stay in a second-level cache of 2 MiB, which every processor with a matrix unit has.
constexpr int64_t kRowsBytes = 1024 * 1024, kMostRows = 1024;
// Bytes of the digits of one panel's weights at one place.
constexpr int64_t kPlaceBytes = kDigits * kPlace * kWidth;
// The largest whole number, but for rounding; what the highest digit counts.
constexpr float kLargest = 127 * 0x10101 - 1, kHighest = 0x10000;

// The shapes of the tiles for rows of which a tile has `height`: 0 to 3 are sums, 4 and 5 rows, 6 and 7 weights.
static TileShapes shapes_for(int64_t height) {
  TileShapes shapes;
  for (int tile = 0; tile < 6; ++tile) shapes.rows[tile] = uint8_t(height);
  return shapes;
}

// How the scratch memory has the rows of a call: digits [places][kDigits, the highest first][padded][kPlace], then
// factors [blocks][padded]. Each row of the source is there once, however many rows of the call it is in.
struct Rows {
  int64_t own;     // channels that a row of the source has of its own: rows may overlap in memory
  int64_t places;  // of them, kPlace channels each
  int64_t blocks;  // of the places of a row
  int64_t beyond;  // rows that follow the last one of the call and that it reaches into
  int64_t padded;  // rows, with room for whole tiles
  char* digits;
  float* factors;

  Rows(const Product& product, const ProductCall& call)
      : own(call.stride < product.inputs ? call.stride : product.inputs),
        places(own / kPlace),
        blocks((places + kBlockPlaces - 1) / kBlockPlaces),
        beyond(product.inputs / own - 1),
        padded(call.rows + beyond + kTileRows),
        digits(call.scratch),
        factors(reinterpret_cast<float*>(digits + padded * own * kDigits)) {}

  int64_t bytes() const {
    const int64_t all = padded * (own * kDigits + blocks * int64_t(sizeof(float)));
    return (all + kLine - 1) / kLine * kLine;
  }
  int64_t first_place(int64_t block) const { return places * block / blocks; }
  int64_t plane() const { return padded * kPlace; }

  // That are multiplied by a panel one after another.
  int64_t at_once() const {
    const int64_t most = kRowsBytes / (own * kDigits) / kTileRows * kTileRows;
    return most < kTileRows ? kTileRows : most < kMostRows ? most : kMostRows;
  }
};

static int64_t split_rows(const Product& product, const ProductCall& call) {
  return call.rows + Rows(product, call).beyond;
}

static int64_t rows_bytes(const Product& product, const ProductCall& call) { return Rows(product, call).bytes(); }

static int64_t rows_at_once(const Product& product, const ProductCall& call) { return Rows(product, call).at_once(); }

// Of one thread: the sums of all rows that are multiplied at once.
static int64_t own_bytes(const Product& product, const ProductCall& call) {
  return rows_at_once(product, call) * kWidth * int64_t(sizeof(float));
}

// The largest magnitude of `count` floats, as the bits of a float: those of what is no number, or infinite, are larger.
static inline int32_t largest_bits(const float* from, int64_t count) {
  __m512i most = _mm512_setzero_si512();
  for (int64_t i = 0; i < count; i += kLanes) {
    const __m512i bits = reinterpret_cast<__m512i>(load(from + i));
    most = _mm512_max_epi32(most, _mm512_and_si512(bits, _mm512_set1_epi32(0x7fffffff)));
  }
  return _mm512_reduce_max_epi32(most);
}

// The digits of kLanes values, rounded, `plane` bytes apart. With half a base added to each digit they are those of a
// number without signs.
static inline void store_digits(Vector values, char* to, int64_t plane) {
  const __m512i half = _mm512_set1_epi32(0x808080);
  const __m512i number = _mm512_cvtps_epi32(reinterpret_cast<__m512>(values));
  const __m512i digits = _mm512_xor_si512(_mm512_add_epi32(number, half), half);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(_mm512_srli_epi32(digits, 16)));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to + plane), _mm512_cvtepi32_epi8(_mm512_srli_epi32(digits, 8)));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 2 * plane), _mm512_cvtepi32_epi8(digits));
}

// Row `row` of the source to the scratch memory. A block that has what is no finite number has a factor that is none.
static void split_row(const Product& product, const ProductCall& call, int64_t row) {
  const Rows rows(product, call);
  const float* from = static_cast<const float*>(call.source) + row * call.stride;
  for (int64_t block = 0; block < rows.blocks; ++block) {
    const int64_t first = rows.first_place(block), end = rows.first_place(block + 1);
    const int32_t bits = largest_bits(from + first * kPlace, (end - first) * kPlace);
    float largest;
    __builtin_memcpy(&largest, &bits, sizeof largest);
    const bool finite = bits < 0x7f800000;
    largest = largest < 1e-30f ? 1e-30f : largest;
    rows.factors[block * rows.padded + row] = finite ? largest * (kHighest / kLargest) : __builtin_nanf("");
    for (int64_t place = first; place < end; ++place) {
      char* to = rows.digits + place * kDigits * rows.plane() + row * kPlace;
      for (int64_t i = 0; i < kPlace; i += kLanes)
        store_digits(load(from + place * kPlace + i) * (kLargest / largest), to + i, rows.plane());
    }
  }
}

// Joins the sums of a tile, and adds those of the blocks before.
struct Join {
  const int32_t *lower, *higher;  // [2][kTileRows][kWidth]; what they count: see Digits
  const float *factors, *before;  // of the rows; [rows][kWidth], their sums so far
  float* to;                      // the rows of the result, or before
  int64_t stride;                 // from one of them to the next
  __mmask16 adds, keeps[2];       // lanes of what is before, and of the result
  Vector scale[2], bias[2];       // of the outputs

  static inline __m512 at(const int32_t* from) { return _mm512_cvtepi32_ps(_mm512_loadu_si512(from)); }

  template <int kHalf>
  inline void half() const {
    constexpr int64_t lane = kHalf * kLanes;
    const __m512 share = _mm512_set1_ps(1.0f / 256);
    __m512 sum = _mm512_fmadd_ps(at(lower + kTileRows * kWidth + lane), share, at(lower + lane));
    sum = _mm512_fmadd_ps(sum, share, at(higher + kTileRows * kWidth + lane));
    sum = _mm512_fmadd_ps(sum, share, at(higher + lane));
    sum = _mm512_fmadd_ps(sum, _mm512_set1_ps(*factors), _mm512_maskz_loadu_ps(adds, before + lane));
    sum = _mm512_fmadd_ps(sum, reinterpret_cast<__m512>(scale[kHalf]), reinterpret_cast<__m512>(bias[kHalf]));
    _mm512_mask_storeu_ps(to + lane, keeps[kHalf], sum);
  }

  inline void operator()(int64_t rows) {
    for (int64_t row = 0; row < rows; ++row) {
      half<0>();
      half<1>();
      lower += kWidth, higher += kWidth, before += kWidth, to += stride, ++factors;
    }
  }
};

// Some places of as many rows as a tile has, and of one panel, and the weights that are fetched meanwhile.
struct Digits {
  const char *rows, *weight;
  int64_t plane, places;
  const char* ahead;
  int64_t lines;  // at each place, twice

  inline void fetch() {
    for (int64_t line = 0; line < lines; ++line, ahead += kLine) __builtin_prefetch(ahead, 0, 2);
  }

  static inline void load_weights(const char* from) {
    _tile_loadd(6, from, 64);
    _tile_loadd(7, from + kTileBytes, 64);
  }

  // The products that count 1 / 256^2 and 1 / 256^3 of the highest one.
  inline void lower(int32_t* sums) {
    const char *from = rows, *with = weight;
    MatrixProducts::clear();
    for (int64_t place = 0; place < places; ++place, from += kDigits * plane, with += kPlaceBytes) {
      fetch();
      _tile_loadd(4, from, kPlace);
      load_weights(with);
      _tile_dpbssd(0, 4, 6);
      _tile_dpbssd(1, 4, 7);
      _tile_loadd(5, from + plane, kPlace);
      _tile_dpbssd(2, 5, 6);
      _tile_dpbssd(3, 5, 7);
      load_weights(with + 2 * kTileBytes);
      _tile_dpbssd(0, 5, 6);
      _tile_dpbssd(1, 5, 7);
      _tile_loadd(4, from + 2 * plane, kPlace);
      _tile_dpbssd(2, 4, 6);
      _tile_dpbssd(3, 4, 7);
      load_weights(with + 4 * kTileBytes);
      _tile_dpbssd(0, 4, 6);
      _tile_dpbssd(1, 4, 7);
    }
    keep(sums);
  }

  // The highest ones, and those that count 1 / 256 of them.
  inline void higher(int32_t* sums) {
    const char *from = rows, *with = weight;
    MatrixProducts::clear();
    for (int64_t place = 0; place < places; ++place, from += kDigits * plane, with += kPlaceBytes) {
      fetch();
      _tile_loadd(4, from, kPlace);
      load_weights(with + 2 * kTileBytes);
      _tile_dpbssd(2, 4, 6);
      _tile_dpbssd(3, 4, 7);
      load_weights(with + 4 * kTileBytes);
      _tile_dpbssd(0, 4, 6);
      _tile_dpbssd(1, 4, 7);
      _tile_loadd(5, from + plane, kPlace);
      _tile_dpbssd(2, 5, 6);
      _tile_dpbssd(3, 5, 7);
    }
    keep(sums);
  }

  // [2][kTileRows][kWidth]
  static inline void keep(int32_t* to) {
    constexpr int64_t kStride = kWidth * 4;
    _tile_stored(0, to, kStride);
    _tile_stored(1, to + kLanes, kStride);
    _tile_stored(2, to + kTileRows * kWidth, kStride);
    _tile_stored(3, to + kTileRows * kWidth + kLanes, kStride);
  }
};

// The lanes of a vector that `count` outputs from its first one on have.
static inline __mmask16 first_lanes(int64_t count) {
  return count >= kLanes ? __mmask16(0xffff) : __mmask16((1 << (count > 0 ? count : 0)) - 1);
}

// What joins the sums of block after block of panel `index`; `last`: whether there are no more.
static inline Join join_of(const Product& product, const ProductCall& call, int64_t index, bool first, bool last) {
  const int64_t column = index * kWidth, left = product.outputs - column;
  Join join{};
  join.adds = first ? 0 : 0xffff;
  for (int64_t half = 0, lane = 0; half < 2; ++half, lane += kLanes) {
    join.keeps[half] = last ? first_lanes(left - lane) : 0xffff;
    join.scale[half] = last ? load(product.scale + column + lane) : all(1.0f);
    join.bias[half] = last ? load(product.bias + column + lane) : Vector{};
  }
  join.stride = last ? product.outputs : kWidth;
  return join;
}

// Rows `start` to `end` of the call and the panels from `index` to `past`. own: own_bytes().
static void matrix_panels(const Product& product, const ProductCall& call, int64_t index, int64_t past, int64_t start,
                          int64_t end, char* own) {
  const Rows rows(product, call);
  // Tiles of about the same height: a product takes as long as they have rows.
  const int64_t count = end - start, tiles = (count + kTileRows - 1) / kTileRows, height = (count + tiles - 1) / tiles;
  const TileShapes shapes = shapes_for(height);
  _tile_loadconfig(&shapes);
  alignas(64) int32_t lower[2 * kTileRows * kWidth], higher[2 * kTileRows * kWidth];
  const char* weight = static_cast<const char*>(product.weight) + index * product.inputs * kWidth * kDigits;
  for (; index < past; ++index)
    for (int64_t tap = 0; tap <= rows.beyond; ++tap)
      for (int64_t block = 0; block < rows.blocks; ++block) {
        const int64_t first_place = rows.first_place(block), places = rows.first_place(block + 1) - first_place;
        const bool last = tap == rows.beyond && block + 1 == rows.blocks;
        const char* digits = rows.digits + first_place * kDigits * rows.plane() + tap * kPlace;
        const char* next = weight + places * kPlaceBytes;
        Digits part{digits, weight, rows.plane(), places, next, (kPlaceBytes / kLine + 2 * tiles - 1) / (2 * tiles)};
        Join join = join_of(product, call, index, tap + block == 0, last);
        join.factors = rows.factors + block * rows.padded + tap + start;
        join.before = reinterpret_cast<float*>(own);
        join.to = last ? call.out + start * product.outputs + index * kWidth : reinterpret_cast<float*>(own);
        for (int64_t first = start; first < end; first += height) {
          part.rows = digits + first * kPlace;
          part.lower(lower);
          part.higher(higher);
          join.lower = lower, join.higher = higher;
          join(end - first < height ? end - first : height);
        }
        weight = next;
      }
  _tile_release();
}
