// Runs one call of the kernels: what arm.py writes to the standard input is read, and its result written to the output.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "convolution.h"

extern "C" {
int64_t speechd_layout();
int64_t speechd_width(int64_t isa);
int64_t speechd_scratch_bytes(const speechd::Convolution*, int64_t isa);
void speechd_convolve(const speechd::Convolution*, const speechd::Call*, int64_t isa);
void speechd_multiply(const speechd::Product*, const speechd::ProductCall*, int64_t isa);
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

int main(int count, char** words) {
  require(next<int64_t>() == speechd_layout(), "another layout");
  require(next<int64_t>() == speechd_width(0), "another width");
  std::strcmp(words[count - 1], "multiply") ? convolve() : multiply();
  return std::fflush(stdout);
}
