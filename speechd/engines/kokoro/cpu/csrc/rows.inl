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

// What normalises `count` channels from `channel` on over time.
static Affine normaliser(const AdaptiveNormCall& call, int64_t channel, int64_t count) {
  constexpr int64_t kPart = 16;  // sums of sums round less than one long sum
  const float* from = call.source + channel;
  Moments sums{}, part{};
  sums.pivot = part.pivot = load_some(from, count);
  for (int64_t row = 0; row < call.rows; ++row) {
    part.add(load_some(from + row * call.channels, count));
    if (row % kPart < kPart - 1 && row < call.rows - 1) continue;
    sums.add(part);
    part = Moments{sums.pivot, Vector{}, Vector{}};
  }
  Affine result;
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    const double away = double(sums.sum[lane]) / double(call.rows);
    const double variance = double(sums.square[lane]) / double(call.rows) - away * away;
    const double gain = lane < count ? double(call.gain[channel + lane]) : 0;
    const double offset = lane < count ? double(call.offset[channel + lane]) : 0;
    const double scale = gain / __builtin_sqrt((variance > 0 ? variance : 0) + call.epsilon);
    result.scale[lane] = float(scale);
    result.mean[lane] = float(away + double(sums.pivot[lane]));
    result.offset[lane] = float(offset);
  }
  return result;
}

// kLanes channels from `channel` on, of all rows.
static void adaptive_norm(const AdaptiveNormCall& call, int64_t channel) {
  const int64_t channels = call.channels, count = channels - channel < kLanes ? channels - channel : kLanes;
  const float* from = call.source + channel;
  float* to = call.out + channel;
  const float slope = float(call.slope);
  const Affine affine = normaliser(call, channel, count);
  Vector taps[4] = {};
  for (int tap = 0; call.upsampling && tap < 4; ++tap)
    taps[tap] = load_some(call.upsampling + tap * channels + channel, count);
  store_some(to, Vector{}, count);
  to += channels;
  Vector here = leaky(affine.of(load_some(from, count)), slope);
  for (int64_t row = 1; row <= call.rows; ++row) {
    Vector next{};
    if (row < call.rows) next = leaky(affine.of(load_some(from + row * channels, count)), slope);
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
