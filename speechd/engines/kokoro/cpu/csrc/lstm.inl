// The recurrence of an LSTM (Hochreiter and Schmidhuber 1997). Included after functions.inl.

// Zero in place of what is so small that the next step's products would be subnormal, on which processors are slow.
static inline Vector settled(Vector value) {
  return value < 1e-30f ? (value > -1e-30f ? Vector{} : value) : value;
}

// Adds weights [hidden][4][kLanes] times `before` to the gates. Even and odd inputs have sums of their own, so that
// enough sums are under way.
static inline void recur(const float* weight, const float* before, int64_t hidden, Vector (&gates)[4]) {
  Vector odd[4] = {};
  for (int64_t unit = 0; unit < hidden; unit += 2, weight += 8 * kLanes) {
    const Vector first = all(before[unit]), second = all(before[unit + 1]);
#pragma GCC unroll 4
    for (int gate = 0; gate < 4; ++gate) {
      gates[gate] += first * load(weight + gate * kLanes);
      odd[gate] += second * load(weight + (gate + 4) * kLanes);
    }
  }
#pragma GCC unroll 4
  for (int gate = 0; gate < 4; ++gate) gates[gate] += odd[gate];
}

// One step of one direction: the gates' inputs at `from`, the outputs before it (null at the first) to those at `to`.
static void lstm_step(const Lstm& lstm, const float* weight, const float* from, const float* before, float* cell,
                      float* to) {
  for (int64_t unit = 0; unit < lstm.hidden; unit += kLanes, from += 4 * kLanes, weight += 4 * kLanes * lstm.hidden) {
    Vector gates[4];
#pragma GCC unroll 4
    for (int gate = 0; gate < 4; ++gate) gates[gate] = load(from + gate * kLanes);
    if (before) recur(weight, before, lstm.hidden, gates);
    const Vector kept = sigmoid(gates[1]) * (before ? load(cell + unit) : Vector{});
    const Vector state = settled(kept + sigmoid(gates[0]) * hyperbolic_tangent(gates[2]));
    store(cell + unit, state);
    store(to + unit, settled(sigmoid(gates[3]) * hyperbolic_tangent(state)));
  }
}

// direction: 0 from the first step on, 1 from the last step back.
static void lstm(const Lstm& lstm, const LstmCall& call, int64_t direction) {
  const int64_t hidden = lstm.hidden;
  const float* weight = lstm.weight + direction * 4 * hidden * hidden;
  const float* before = nullptr;
  for (int64_t step = 0; step < call.steps; ++step) {
    const int64_t row = direction ? call.steps - 1 - step : step;
    const float* from = call.source + (call.places[row] * 2 + direction) * 4 * hidden;
    float* to = call.out + (row * 2 + direction) * hidden;
    lstm_step(lstm, weight, from, before, call.cells + direction * hidden, to);
    before = to;
  }
}
