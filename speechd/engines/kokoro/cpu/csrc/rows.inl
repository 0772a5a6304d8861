// Functions of whole rows: norms and activations. Included after attention.inl.

// The first `count` lanes, at most kLanes; the others zero.
static inline Vector load_some(const float* from, int64_t count) {
  if (count >= kLanes) return load(from);
  Vector value{};
  __builtin_memcpy(&value, from, std::size_t(count) * sizeof(float));
  return value;
}

static inline void store_some(float* to, Vector value, int64_t count) {
  if (count >= kLanes) return store(to, value);
  __builtin_memcpy(to, &value, std::size_t(count) * sizeof(float));
}

// GELU by tanh, x (1 + tanh v) / 2, which is x sigmoid(2 v); Hendrycks and Gimpel 2016, arXiv:1606.08415.
static void gelu(float* values, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const Vector x = load_some(values + i, count - i);
    const Vector v = x * (x * x * 0.044715f + 1.0f) * 1.5957691216f;  // twice the root of 2 / pi
    store_some(values + i, x * sigmoid(v), count - i);
  }
}

static inline Vector leaky(Vector value, float slope) { return value < 0.0f ? value * slope : value; }

static void layer_norm(const LayerNormCall& call, int64_t row) {
  const int64_t channels = call.channels, start = row * channels;
  float* to = call.out + start;
  Vector sum{}, square{};
  for (int64_t i = 0; i < channels; i += kLanes) {
    Vector value = load_some(call.source + start + i, channels - i);
    if (call.residual) value += load_some(call.residual + start + i, channels - i);
    store_some(to + i, value, channels - i);
    sum += value;
  }
  const float mean = total(sum) / float(channels);
  for (int64_t i = 0; i < channels; i += kLanes) {
    const Vector away = load_some(to + i, channels - i) - mean;
    const Vector counted = load_some(reinterpret_cast<const float*>(&away), channels - i);  // not the mean of nothing
    square += counted * counted;
  }
  const float scale = 1.0f / __builtin_sqrtf(total(square) / float(channels) + float(call.epsilon));
  for (int64_t i = 0; i < channels; i += kLanes) {
    const int64_t count = channels - i;
    const Vector gain = load_some(call.gain + i, count), offset = load_some(call.offset + i, count);
    const Vector value = (load_some(to + i, count) - mean) * scale * gain + offset;
    store_some(to + i, leaky(value, float(call.slope)), count);
  }
}

// (value - mean) scale + offset. The mean is taken away first: over few rows the scale may be in the hundreds.
struct Affine {
  Vector mean, scale, offset;
  inline Vector of(Vector value) const { return (value - mean) * scale + offset; }
};

// Sum and sum of squares of `rows` rows in `count` channels, around the first row.
static Moments count_rows(const float* from, int64_t stride, int64_t rows, int64_t count) {
  constexpr int64_t kPart = 16;  // sums of sums round less than one long sum
  Moments sums{}, part{};
  sums.pivot = part.pivot = load_some(from, count);
  for (int64_t row = 0; row < rows; ++row) {
    part.add(load_some(from + row * stride, count));
    if (row % kPart < kPart - 1 && row < rows - 1) continue;
    sums.add(part);
    part = Moments{sums.pivot, Vector{}, Vector{}};
  }
  return sums;
}

// The mean and variance of `lane` over `rows` rows.
static void spread_of(const Moments& sums, int64_t rows, int64_t lane, double* mean, double* variance) {
  const double away = double(sums.sum[lane]) / double(rows);
  const double found = double(sums.square[lane]) / double(rows) - away * away;
  *mean = away + double(sums.pivot[lane]);
  *variance = found > 0 ? found : 0;
}

// What normalises `count` channels from `channel` on over time.
static Affine normaliser(const AdaptiveNormCall& call, int64_t channel, int64_t count) {
  Moments sums{};
  if (!call.spread) sums = count_rows(call.source + channel, call.channels, call.rows, count);
  Affine result{};
  for (int64_t lane = 0; lane < count; ++lane) {
    double mean, variance;
    if (call.spread)
      mean = call.spread[channel + lane], variance = call.spread[call.channels + channel + lane];
    else
      spread_of(sums, call.rows, lane, &mean, &variance);
    result.scale[lane] = float(double(call.gain[channel + lane]) / __builtin_sqrt(variance + call.epsilon));
    result.mean[lane] = float(mean);
    result.offset[lane] = call.offset[channel + lane];
  }
  return result;
}

// kLanes channels from `channel` on.
static void spread(const SpreadCall& call, int64_t channel) {
  const int64_t stride = call.channels, count = stride - channel < kLanes ? stride - channel : kLanes;
  const float* from = call.source + channel;
  double *means = call.out + channel, *variances = means + stride;
  const int64_t counted = call.end - call.first;
  if (!call.moments) {
    const Moments sums = count_rows(from + call.first * stride, stride, counted, count);
    for (int64_t lane = 0; lane < count; ++lane) spread_of(sums, counted, lane, means + lane, variances + lane);
    return;
  }
  const int64_t behind = call.rows - call.end;
  Moments margins[2] = {};
  if (call.first) margins[0] = count_rows(from, stride, call.first, count);
  if (behind) margins[1] = count_rows(from + call.end * stride, stride, behind, count);
  for (int64_t lane = 0; lane < count; ++lane) {
    double sum = call.moments[channel + lane], square = call.moments[stride + channel + lane];
    for (int side = 0; side < 2; ++side) {
      const double rows = double(side ? behind : call.first), pivot = double(margins[side].pivot[lane]);
      const double away = double(margins[side].sum[lane]);
      sum -= away + rows * pivot;
      square -= double(margins[side].square[lane]) + 2 * pivot * away + rows * pivot * pivot;
    }
    const double mean = sum / double(counted), variance = square / double(counted) - mean * mean;
    means[lane] = mean;
    variances[lane] = variance > 0 ? variance : 0;
  }
}

static void affine(const AffineCall& call) {
  for (int64_t channel = 0; channel < call.channels; ++channel) {
    const double variance = call.spread[call.channels + channel];
    const double scale = double(call.gain[channel]) / __builtin_sqrt(variance + call.epsilon);
    call.out[channel] = float(scale);
    call.out[call.channels + channel] = float(double(call.offset[channel]) - call.spread[channel] * scale);
  }
}

// kLanes channels from `channel` on, of all rows.
static void adaptive_norm(const AdaptiveNormCall& call, int64_t channel) {
  const int64_t channels = call.channels, count = channels - channel < kLanes ? channels - channel : kLanes;
  const float* from = call.source + channel;
  float* to = call.out + channel;
  const float slope = float(call.slope);
  const Affine norm = normaliser(call, channel, count);
  Vector taps[4] = {};
  for (int tap = 0; call.upsampling && tap < 4; ++tap)
    taps[tap] = load_some(call.upsampling + tap * channels + channel, count);
  store_some(to, Vector{}, count);
  to += channels;
  Vector here = leaky(norm.of(load_some(from, count)), slope);
  for (int64_t row = 1; row <= call.rows; ++row) {
    Vector next{};
    if (row < call.rows) next = leaky(norm.of(load_some(from + row * channels, count)), slope);
    if (call.upsampling) {
      store_some(to, here * taps[1] + taps[3], count);
      to += channels;
      store_some(to, next * taps[0] + (here * taps[2] + taps[3]), count);
    } else {
      store_some(to, here, count);
    }
    to += channels;
    here = next;
  }
  store_some(to, Vector{}, count);
}
