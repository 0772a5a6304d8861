// One block of a convolution, in vectors of kLanes floats. Included once for each instruction set, inside a namespace
// that defines kLanes and kRows (rows of one register tile: kRows x 2 vectors of sums must stay in registers).

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));

constexpr int kWidth = 2 * kLanes;  // output channels of one register tile
// How far ahead memory is fetched: the hardware does not guess that only a few channels of every row are read.
constexpr int kRowsAhead = 16, kTilesAhead = 2;

static inline Vector load(const float* from) {
  Vector value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

static inline void store(float* to, Vector value) { __builtin_memcpy(to, &value, sizeof value); }

// Taking zero away, unlike adding it, changes no value and so costs nothing.
static inline Vector all(float value) { return value - Vector{}; }

// u + sin(u)^2. With u = pi (n + r), sin(u)^2 is sin(pi r)^2 = r^2 P(r^2), |r| <= 1/2. P is the minimax polynomial
// (Lawson's iteration, absolute error 6e-9); 1/pi in two parts keeps r exact for |u| up to 1e5.
static inline Vector snake(Vector u) {
  const Vector high = all(0x1.45f306p-2f), low = all(0x1.b9391p-27f);
  const Vector shift = all(0x1.8p23f);  // adding and taking it away again rounds to the nearest integer
  const Vector n = (u * high + shift) - shift;
  const Vector r = u * low + (u * high - n);
  const Vector z = r * r;
  Vector p = all(-3.2729452f);
  p = p * z + 12.990729f;
  p = p * z - 30.085953f;
  p = p * z + 42.725384f;
  p = p * z - 32.46958f;
  p = p * z + 9.869603f;
  return p * z + u;
}

static inline Vector leaky(Vector u) { return u < 0.0f ? u * 0.01f : u; }

// Activated rows first ... first + count of kLanes channels; zero outside the source.
static void activate(const Convolution& conv, const Call& call, int64_t first, int64_t count, int64_t channel,
                     float* to) {
  const Vector scale = load(call.scale + channel), shift = load(call.shift + channel);
  for (int64_t row = first; row < first + count; ++row, to += kLanes) {
    if (row < 0 || row >= call.rows) {
      store(to, Vector{});
      continue;
    }
    __builtin_prefetch(call.source + (row + kRowsAhead) * conv.inputs + channel);
    const Vector u = load(call.source + row * conv.inputs + channel) * scale + shift;
    store(to, conv.activation == kSnake ? snake(u) : leaky(u));
  }
}

// The forward transform of kPoints rows `stride` apart, each result to keep(point, result). The rows of the matrix for
// points a and -a have the same even and opposite odd coefficients, and neither has the first, which only 0 needs.
template <class Keep>
static inline void forward(const float* matrix, const float* from, int64_t stride, const Keep& keep) {
  Vector x[kPoints];
  for (int i = 0; i < kPoints; ++i) x[i] = load(from + i * stride);
  Vector zero{};
#pragma GCC unroll 6
  for (int i = 0; i < kPoints; i += 2) zero += x[i] * matrix[i];
  keep(0, zero);
#pragma GCC unroll 5
  for (int point = 1; point < kPoints; point += 2) {
    const float* row = matrix + point * kPoints;
    Vector even{}, odd{};
#pragma GCC unroll 5
    for (int i = 1; i < kPoints - 1; i += 2) {
      odd += x[i] * row[i];
      even += x[i + 1] * row[i + 1];
    }
    keep(point, even + odd);
    keep(point + 1, even - odd);
  }
}

// Transformed rows of a whole block: [kPoints][inputs / kDepth][plan.transformed] of what Products makes of kDepth
// channels.
template <class Products>
static void transform(const Convolution& conv, const Call& call, const Plan& plan, int64_t start, float* active,
                      char* to) {
  const int64_t d = conv.dilation, first = start - d * (conv.taps / 2), row_bytes = Products::row_bytes(conv);
  const int64_t part_bytes = plan.transformed * row_bytes, point_bytes = conv.inputs / kDepth * part_bytes;
  for (int64_t channel = 0; channel < conv.inputs; channel += kLanes) {
    activate(conv, call, first, plan.source_rows, channel, active);
    char* row = to + channel / kDepth * part_bytes;
    for (int64_t tile = 0; tile < plan.tiles + conv.groups - 1; ++tile)
      for (int64_t phase = 0; phase < d; ++phase, row += row_bytes)
        forward(conv.forward, active + (tile * conv.step * d + phase) * kLanes, d * kLanes,
                [&](int point, Vector value) { Products::keep(conv, row + point * point_bytes, channel % kDepth, value); });
  }
}

// Products in float32, on vector registers.
struct FloatProducts {
  static constexpr bool kScaled = false;

  static constexpr int64_t row_bytes(const Convolution&) { return kDepth * sizeof(float); }

  static inline void keep(const Convolution&, char* row, int64_t channel, Vector value) {
    store(reinterpret_cast<float*>(row) + channel, value);
  }

  static constexpr int64_t room_bytes(const Convolution&) { return 0; }

  // The weights of panel after panel, and of point after point in each.
  struct Weights {
    const float* here;
    int64_t step;

    Weights(const Convolution& conv, const Plan&, char*)
        : here(static_cast<const float*>(conv.weight)), step(conv.inputs * conv.groups * kWidth) {}

    inline void advance() { here += step; }
  };

  // kRows rows of kWidth sums, from row `first` on, over all groups and input channels.
  static inline void multiply(const Convolution& conv, const Plan& plan, const char* transformed, int64_t first,
                              const Weights& weights, float* to) {
    const float *rows = reinterpret_cast<const float*>(transformed) + first * kDepth, *weight = weights.here;
    Vector sum[kRows][2] = {};
    for (int64_t part = 0; part < conv.inputs / kDepth; ++part, rows += plan.transformed * kDepth)
      for (int64_t group = 0; group < conv.groups; ++group) {
        const float* from = rows + group * conv.dilation * kDepth;
        for (int depth = 0; depth < kDepth; ++depth, weight += kWidth) {
          const Vector left = load(weight), right = load(weight + kLanes);
#pragma GCC unroll 16
          for (int row = 0; row < kRows; ++row) {
            const Vector value = all(from[row * kDepth + depth]);
            sum[row][0] += value * left;
            sum[row][1] += value * right;
          }
        }
      }
#pragma GCC unroll 16
    for (int row = 0; row < kRows; ++row) {
      store(to + row * kWidth, sum[row][0]);
      store(to + row * kWidth + kLanes, sum[row][1]);
    }
  }
};

// Sum and sum of squares around a pivot, so that a mean far from zero does not cancel the squares in float32.
struct Moments {
  Vector pivot, sum, square;
  void add(Vector value) {
    const Vector away = value - pivot;
    sum += away;
    square += away * away;
  }
  void add(const Moments& part) {
    sum += part.sum;
    square += part.square;
  }
};

// Where the results of one block in kLanes output channels go: added to what is to be added, stored, and counted.
struct Results {
  const Convolution& conv;
  const Call& call;
  int64_t start, end, channel;  // rows of the block, those behind the last one of the call not left out
  Moments total{}, part{};

  Results(const Convolution& conv, const Call& call, int64_t start, int64_t end, int64_t channel)
      : conv(conv), call(call), start(start), end(end < call.rows ? end : call.rows), channel(channel) {}

  int64_t valid() const { return conv.outputs - channel < kLanes ? conv.outputs - channel : kLanes; }

  inline void prefetch(int64_t row) const {
    const int64_t place = row * conv.outputs + channel;
    __builtin_prefetch(call.residual + place);
    __builtin_prefetch(call.out + place, 1);
  }

  // The result of one row, the first of the block before all others; of none behind the end.
  inline void put(int64_t row, Vector value) {
    if (row >= end) return;
    const int64_t place = row * conv.outputs + channel;
    if (valid() == kLanes) {
      if (call.residual) value += load(call.residual + place);
      if (call.accumulate) value += load(call.out + place);
      store(call.out + place, value);
    } else {
      for (int64_t lane = 0; lane < valid(); ++lane) {
        if (call.residual) value[lane] += call.residual[place + lane];
        if (call.accumulate) value[lane] += call.out[place + lane];
        call.out[place + lane] = value[lane];
      }
    }
    if (row == start) part.pivot = total.pivot = value;
    part.add(value);
  }

  // After each tile: sums of sums round less than one long sum.
  inline void gather() {
    total.add(part);
    part = Moments{total.pivot, Vector{}, Vector{}};
  }

  void close(double* moments) const {
    const double count = double(end - start);
    for (int64_t lane = 0; lane < valid(); ++lane) {
      const double pivot = total.pivot[lane], sum = total.sum[lane];
      moments[channel + lane] = sum + count * pivot;
      moments[conv.outputs + channel + lane] = total.square[lane] + 2 * pivot * sum + count * pivot * pivot;
    }
  }
};

// The backward transform of the products of one block and kLanes output channels, and all that follows it. kScaled:
// whether the products are still to be multiplied by the weights' factors.
template <int kStep, bool kScaled>
static void finish(const Convolution& conv, const Call& call, const Plan& plan, int64_t start, int64_t channel,
                   const float* products, double* moments) {
  const int64_t d = conv.dilation, point_stride = plan.products * kWidth;
  const int64_t outputs = (conv.outputs + kWidth - 1) / kWidth * kWidth;
  const auto product = [&](const float* from, int64_t point) {
    const Vector value = load(from + point * point_stride);
    return kScaled ? value * load(conv.scale + point * outputs + channel) : value;
  };
  const Vector bias = load(conv.bias + channel);
  Results results{conv, call, start, start + plan.rows, channel};
  const float* from = products;
  for (int64_t tile = 0; tile < plan.tiles; ++tile)
    for (int64_t phase = 0; phase < d; ++phase, from += kWidth) {
      const int64_t row = start + tile * kStep * d + phase;
      if (row >= results.end) continue;
#pragma GCC unroll 9
      for (int i = 0; i < kStep; ++i) results.prefetch(row + (i + kTilesAhead * kStep) * d);
      Vector y[kStep];
      const Vector zero = product(from, 0);
      y[0] = bias + zero * conv.backward[0];
#pragma GCC unroll 9
      for (int i = 1; i < kStep; ++i) y[i] = bias;
#pragma GCC unroll 5
      for (int point = 1; point < kPoints; point += 2) {
        const Vector plus = product(from, point), minus = product(from, point + 1);
        const Vector even = plus + minus, odd = plus - minus;
#pragma GCC unroll 9
        for (int i = 0; i < kStep; ++i) y[i] += (i % 2 ? odd : even) * conv.backward[i * kPoints + point];
      }
#pragma GCC unroll 9
      for (int i = 0; i < kStep; ++i) results.put(row + i * d, y[i]);
      results.gather();
    }
  results.close(moments);
}

template <bool kScaled>
static void finish_any(const Convolution& conv, const Call& call, const Plan& plan, int64_t start, int64_t channel,
                       const float* products, double* moments) {
  switch (conv.step) {
    case 5: return finish<5, kScaled>(conv, call, plan, start, channel, products, moments);
    case 6: return finish<6, kScaled>(conv, call, plan, start, channel, products, moments);
    case 9: return finish<9, kScaled>(conv, call, plan, start, channel, products, moments);
  }
}

// The block of the call that begins at row `start`; its moments alone go to `moments`.
template <class Products>
static void winograd(const Convolution& conv, const Call& call, const Plan& plan, int64_t start, char* scratch,
                     double* moments) {
  const int64_t row_bytes = Products::row_bytes(conv), point_bytes = conv.inputs / kDepth * plan.transformed * row_bytes;
  char* transformed = scratch + Products::room_bytes(conv);
  float* products = reinterpret_cast<float*>(transformed + kPoints * point_bytes);
  // The products are not there yet: their room is free for the activated rows.
  transform<Products>(conv, call, plan, start, products, transformed);
  typename Products::Weights weights(conv, plan, scratch);
  for (int64_t channel = 0; channel < conv.outputs; channel += kWidth) {
    for (int point = 0; point < kPoints; ++point, weights.advance())
      for (int64_t row = 0; row < plan.products; row += kRows)
        Products::multiply(conv, plan, transformed + point * point_bytes, row, weights,
                           products + (point * plan.products + row) * kWidth);
    for (int half = 0; half < kWidth && channel + half < conv.outputs; half += kLanes)
      finish_any<Products::kScaled>(conv, call, plan, start, channel + half, products + half, moments);
  }
}
