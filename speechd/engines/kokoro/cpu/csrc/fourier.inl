// Convolutions by the Fourier transform of tiles of kFourierSize rows, their products in bfloat16. Included after
// bfloat16.inl. Unlike Winograd's this transform makes no rounding error larger, and so bfloat16 will do.
//
// The filter is real, so two neighbouring tiles pass as one of complex numbers. With z the two and G the filter's
// spectrum, the products are Z[k] G[k]; and as G[n - k] = conj G[k], conj Z[n - k] has the weights of Z[k].

constexpr int kFrequencies = kFourierSize / 2 + 1;  // of the weights
constexpr int64_t kSpectrumBytes = kDepth * 2 * 2;  // kDepth channels of a transformed row: real parts, then imaginary

// cos(2 pi i / kFourierSize).
constexpr float kCosine[] = {
    1.0f,  0.98078528f,  0.92387953f,  0.83146961f,  0.70710678f,  0.55557023f,  0.38268343f,  0.19509032f,
    0.0f,  -0.19509032f, -0.38268343f, -0.55557023f, -0.70710678f, -0.83146961f, -0.92387953f, -0.98078528f,
    -1.0f, -0.98078528f, -0.92387953f, -0.83146961f, -0.70710678f, -0.55557023f};
static constexpr float sine(int i) { return kCosine[i < 8 ? 8 - i : i - 8]; }

struct Complex {
  Vector re, im;
};

static inline Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
static inline Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
// Times -i.
static inline Complex turned(Complex a) { return {a.im, -a.re}; }
// Times exp(-2 pi i turn / kFourierSize).
static inline Complex turned(Complex a, int turn) {
  const float c = kCosine[turn], s = sine(turn);
  return {a.re * c + a.im * s, a.im * c - a.re * s};
}

static inline void fourier4(Complex* x) {
  const Complex a = x[0] + x[2], b = x[0] - x[2], c = x[1] + x[3], d = turned(x[1] - x[3]);
  x[0] = a + c;
  x[1] = b + d;
  x[2] = a - c;
  x[3] = b - d;
}

static inline void fourier8(Complex* x) {
  Complex even[4] = {x[0], x[2], x[4], x[6]}, odd[4] = {x[1], x[3], x[5], x[7]};
  fourier4(even);
  fourier4(odd);
  const float half = kCosine[4];
  odd[1] = {(odd[1].re + odd[1].im) * half, (odd[1].im - odd[1].re) * half};
  odd[2] = turned(odd[2]);
  odd[3] = {(odd[3].im - odd[3].re) * half, (odd[3].re + odd[3].im) * -half};
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    x[i] = even[i] + odd[i];
    x[i + 4] = even[i] - odd[i];
  }
}

// The Fourier transform of get(0) ... get(kFourierSize - 1), each result to keep(index, result).
template <class Get, class Keep>
static inline void fourier32(Get get, Keep keep) {
  Complex columns[8][4];
#pragma GCC unroll 4
  for (int column = 0; column < 4; ++column) {
    Complex x[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) x[i] = get(4 * i + column);
    fourier8(x);
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) columns[i][column] = column * i ? turned(x[i], column * i) : x[i];
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    fourier4(columns[i]);
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) keep(i + 8 * j, columns[i][j]);
  }
}

// Where the rows of frequency k lie among the transformed ones: beside the one that shares its weights.
static constexpr int slot(int k) {
  return k <= kFourierSize / 2 ? 2 * k % (kFourierSize - 1) : 2 * (kFourierSize - k) + 1;
}

// Transformed rows of a whole block: [kFourierSize][inputs / kDepth][plan.transformed] of kSpectrumBytes.
static void spectra(const Convolution& conv, const Call& call, const Plan& plan, int64_t start, float* active,
                    char* to) {
  const int64_t d = conv.dilation, part_bytes = plan.transformed * kSpectrumBytes;
  const int64_t slot_bytes = conv.inputs / kDepth * part_bytes, second = conv.step * d * kLanes;
  for (int64_t channel = 0; channel < conv.inputs; channel += kLanes) {
    activate(conv, call, start - d * (conv.taps / 2), plan.source_rows, channel, active);
    char* row = to + channel / kDepth * part_bytes;
    for (int64_t tile = 0; tile < plan.tiles; ++tile)
      for (int64_t phase = 0; phase < d; ++phase, row += kSpectrumBytes) {
        const float* from = active + (2 * tile * conv.step * d + phase) * kLanes;
        fourier32([&](int i) { return Complex{load(from + i * d * kLanes), load(from + second + i * d * kLanes)}; },
                  [&](int k, Complex value) {
                    char* part = row + slot(k) * slot_bytes + channel % kDepth * 2;
                    Bfloat16::narrow(part, value.re);
                    Bfloat16::narrow(part + kSpectrumBytes / 2, k > kFourierSize / 2 ? -value.im : value.im);
                  });
      }
  }
}

// kRows rows of kLanes complex sums over all input channels, to `to`.
static inline void multiply_spectra(const Convolution& conv, const Plan& plan, const char* transformed,
                                    const char* weights, float* to) {
  using Word = Bfloat16::Word;
  constexpr int64_t kWords = kDepth / Bfloat16::kDeep;
  const Word* from = reinterpret_cast<const Word*>(transformed);
  const Word* weight = reinterpret_cast<const Word*>(weights);
  Complex sum[kRows] = {};
  for (int64_t part = 0; part < conv.inputs / kDepth; ++part, from += plan.transformed * 2 * kWords)
    for (int depth = 0; depth < kWords; ++depth, weight += 2 * kLanes) {
      const Vector re = Bfloat16::words(weight), im = Bfloat16::words(weight + kLanes), minus = Bfloat16::negative(im);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const Word* word = from + i * 2 * kWords + depth;
        const Vector real = Bfloat16::spread(word[0]), imaginary = Bfloat16::spread(word[kWords]);
        sum[i].re = Bfloat16::add(sum[i].re, real, re);
        sum[i].im = Bfloat16::add(sum[i].im, real, im);
        sum[i].re = Bfloat16::add(sum[i].re, imaginary, minus);
        sum[i].im = Bfloat16::add(sum[i].im, imaginary, re);
      }
    }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i, to += 2 * kLanes) {
    store(to, sum[i].re);
    store(to + kLanes, sum[i].im);
  }
}

// The tiles' results from the products of one block and kLanes output channels, and all that follows.
static void finish_spectra(const Convolution& conv, const Call& call, const Plan& plan, int64_t start, int64_t channel,
                           const float* products, double* moments) {
  const int64_t d = conv.dilation, slot_stride = plan.products * 2 * kLanes;
  const Vector bias = load(conv.bias + channel);
  Results results{conv, call, start, start + plan.rows, channel};
  const float* from = products;
  for (int64_t tile = 0; tile < plan.tiles; ++tile)
    for (int64_t phase = 0; phase < d; ++phase, from += 2 * kLanes) {
      const int64_t row = start + 2 * tile * conv.step * d + phase;
      for (int i = 0; i < 2 * conv.step; ++i) results.prefetch(row + (2 * conv.step + i) * d);
      Complex y[kFourierSize];
      // The inverse is the transform with real and imaginary parts exchanged, on both sides.
      fourier32(
          [&](int k) {
            const float* at = from + slot(k) * slot_stride;
            const Vector im = load(at + kLanes);
            return Complex{k > kFourierSize / 2 ? -im : im, load(at)};
          },
          [&](int i, Complex value) { y[i] = {value.im, value.re}; });
      for (int i = 0; i < conv.step; ++i) results.put(row + i * d, y[i].re + bias);
      results.gather();
      for (int i = 0; i < conv.step; ++i) results.put(row + (conv.step + i) * d, y[i].im + bias);
      results.gather();
    }
  results.close(moments);
}

// The block of the call that begins at row `start`; its moments alone go to `moments`.
static void fourier(const Convolution& conv, const Call& call, const Plan& plan, int64_t start, char* scratch,
                    double* moments) {
  const int64_t slot_bytes = conv.inputs / kDepth * plan.transformed * kSpectrumBytes;
  float* products = reinterpret_cast<float*>(scratch + kFourierSize * slot_bytes);
  // The products are not there yet: their room is free for the activated rows.
  spectra(conv, call, plan, start, products, scratch);
  const int64_t weight_bytes = conv.inputs / kDepth * kSpectrumBytes * kLanes;
  const char* weight = static_cast<const char*>(conv.weight);
  for (int64_t channel = 0; channel < conv.outputs; channel += kLanes) {
    for (int place = 0; place < kFourierSize; ++place) {
      const int frequency = place == 1 ? kFourierSize / 2 : place / 2;
      for (int64_t row = 0; row < plan.products; row += kRows)
        multiply_spectra(conv, plan, scratch + place * slot_bytes + row * kSpectrumBytes,
                         weight + frequency * weight_bytes, products + (place * plan.products + row) * 2 * kLanes);
    }
    weight += kFrequencies * weight_bytes;
    finish_spectra(conv, call, plan, start, channel, products, moments);
  }
}
