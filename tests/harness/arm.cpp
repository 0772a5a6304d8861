// Runs one call of the kernels: what arm.py writes to the standard input is read, and its result written to the output.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "convolution.h"
#include "text.h"

extern "C" {
int64_t speechd_layout();
int64_t speechd_width(int64_t isa);
int64_t speechd_scratch_bytes(const speechd::Convolution*, int64_t isa);
void speechd_convolve(const speechd::Convolution*, const speechd::Call*, int64_t isa);
void speechd_multiply(const speechd::Product*, const speechd::ProductCall*, int64_t isa);
int64_t speechd_attention_bytes(const speechd::AttentionCall*, int64_t isa);
void speechd_lstm(const speechd::Lstm*, const speechd::LstmCall*, int64_t isa);
void speechd_attention(const speechd::AttentionCall*, int64_t isa);
void speechd_layer_norm(const speechd::LayerNormCall*, int64_t isa);
void speechd_adaptive_norm(const speechd::AdaptiveNormCall*, int64_t isa);
void speechd_spread(const speechd::SpreadCall*, int64_t isa);
void speechd_affine(const speechd::AffineCall*, int64_t isa);
void speechd_gelu(float*, int64_t count, int64_t threads, int64_t isa);
}

static constexpr char kUntouched = 0x5a;
static constexpr std::size_t kGuard = 4096;  // bytes behind an array that must stay as they were

static void require(bool met, const char* what) {
  if (met) return;
  std::fprintf(stderr, "%s\n", what);
  std::exit(1);
}

template <class T>
static T next() {
  T value;
  require(std::fread(&value, sizeof value, 1, stdin) == 1, "the input ends before its structures do");
  return value;
}

struct Array {
  std::vector<char> bytes;
  std::size_t size = 0;

  explicit Array(std::size_t count) : bytes(count + kGuard, kUntouched), size(count) {}

  // The next array of the input: its size in bytes, then itself.
  static Array next() {
    int64_t count = 0;
    require(std::fread(&count, sizeof count, 1, stdin) == 1, "the input ends before an array");
    Array array{std::size_t(count)};
    require(std::fread(array.bytes.data(), 1, array.size, stdin) == array.size, "the input ends within an array");
    return array;
  }

  template <class T>
  T* as() { return reinterpret_cast<T*>(bytes.data()); }

  void check() const {
    for (std::size_t i = size; i < bytes.size(); ++i) require(bytes[i] == kUntouched, "written behind an array");
  }
};

static void give(const Array& array) {
  array.check();
  std::fwrite(array.bytes.data(), 1, array.size, stdout);
}

static void convolve() {
  auto conv = next<speechd::Convolution>();
  auto call = next<speechd::Call>();
  const bool in_place = call.residual == call.out;  // both are addresses of the caller's
  Array weight = Array::next(), bias = Array::next(), forward = Array::next(), backward = Array::next();
  Array source = Array::next(), scale = Array::next(), shift = Array::next(), residual = Array::next();
  Array out = Array::next(), moments(std::size_t(2 * conv.outputs) * sizeof(double));
  conv.weight = weight.as<void>();
  conv.bias = bias.as<float>();
  conv.forward = forward.as<float>();
  conv.backward = backward.as<float>();
  call.source = source.as<float>();
  call.scale = scale.as<float>();
  call.shift = shift.as<float>();
  call.residual = in_place ? out.as<float>() : residual.size ? residual.as<float>() : nullptr;
  call.out = out.as<float>();
  call.moments = moments.as<double>();
  Array scratch(std::size_t(call.threads * speechd_scratch_bytes(&conv, 0)));
  call.scratch = scratch.as<char>();
  speechd_convolve(&conv, &call, 0);
  scratch.check();
  give(out);
  give(moments);
}

static void multiply() {
  auto product = next<speechd::Product>();
  auto call = next<speechd::ProductCall>();
  Array weight = Array::next(), bias = Array::next(), source = Array::next();
  Array out(std::size_t(call.rows * product.outputs) * sizeof(float));
  product.weight = weight.as<void>();
  product.bias = bias.as<float>();
  call.source = source.as<void>();
  call.out = out.as<float>();
  speechd_multiply(&product, &call, 0);
  give(out);
}

// Room for the results of a call.
static Array floats(int64_t count) { return Array{std::size_t(count) * sizeof(float)}; }

static void recur() {
  auto lstm = next<speechd::Lstm>();
  auto call = next<speechd::LstmCall>();
  Array weight = Array::next(), source = Array::next(), places = Array::next();
  Array cells = floats(2 * lstm.hidden), out = floats(call.steps * 2 * lstm.hidden);
  lstm.weight = weight.as<float>();
  call.source = source.as<float>();
  call.places = places.as<int64_t>();
  call.cells = cells.as<float>();
  call.out = out.as<float>();
  speechd_lstm(&lstm, &call, 0);
  cells.check();
  give(out);
}

static void attend() {
  auto call = next<speechd::AttentionCall>();
  Array source = Array::next(), out = floats(call.rows * call.heads * call.size);
  Array scratch(std::size_t(speechd_attention_bytes(&call, 0)));
  call.source = source.as<float>();
  call.out = out.as<float>();
  call.scratch = scratch.as<char>();
  speechd_attention(&call, 0);
  scratch.check();
  give(out);
}

static void layer_norm() {
  auto call = next<speechd::LayerNormCall>();
  Array source = Array::next(), residual = Array::next(), gain = Array::next(), offset = Array::next();
  Array out = floats(call.rows * call.channels);
  call.source = source.as<float>();
  call.residual = residual.size ? residual.as<float>() : nullptr;
  call.gain = gain.as<float>();
  call.offset = offset.as<float>();
  call.out = out.as<float>();
  speechd_layer_norm(&call, 0);
  give(out);
}

static void adaptive_norm() {
  auto call = next<speechd::AdaptiveNormCall>();
  Array source = Array::next(), gain = Array::next(), offset = Array::next(), upsampling = Array::next();
  Array spread = Array::next();
  Array out = floats((call.rows * (upsampling.size ? 2 : 1) + 2) * call.channels);
  call.source = source.as<float>();
  call.gain = gain.as<float>();
  call.offset = offset.as<float>();
  call.upsampling = upsampling.size ? upsampling.as<float>() : nullptr;
  call.spread = spread.size ? spread.as<double>() : nullptr;
  call.out = out.as<float>();
  speechd_adaptive_norm(&call, 0);
  give(out);
}

static void spread() {
  auto call = next<speechd::SpreadCall>();
  Array source = Array::next(), moments = Array::next(), out = floats(4 * call.channels);
  call.source = source.as<float>();
  call.moments = moments.size ? moments.as<double>() : nullptr;
  call.out = out.as<double>();
  speechd_spread(&call, 0);
  give(out);
}

static void affine() {
  auto call = next<speechd::AffineCall>();
  Array spread = Array::next(), gain = Array::next(), offset = Array::next(), out = floats(2 * call.channels);
  call.spread = spread.as<double>();
  call.gain = gain.as<float>();
  call.offset = offset.as<float>();
  call.out = out.as<float>();
  speechd_affine(&call, 0);
  give(out);
}

static void gelu() {
  const auto threads = next<int64_t>();
  Array values = Array::next();
  speechd_gelu(values.as<float>(), int64_t(values.size / sizeof(float)), threads, 0);
  give(values);
}

int main(int count, char** words) {
  require(next<int64_t>() == speechd_layout(), "another layout");
  require(next<int64_t>() == speechd_width(0), "another width");
  const struct {
    const char* name;
    void (*run)();
  } calls[] = {{"convolve", convolve},     {"multiply", multiply},           {"recur", recur}, {"attend", attend},
               {"layer_norm", layer_norm}, {"adaptive_norm", adaptive_norm}, {"spread", spread},
               {"affine", affine},         {"gelu", gelu}};
  for (const auto& call : calls)
    if (!std::strcmp(words[count - 1], call.name)) return call.run(), std::fflush(stdout);
  require(false, "another call");
}
